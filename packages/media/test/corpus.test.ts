/**
 * Real and broken files with the outcome each should have. They are not part of the repository: the test runs where the
 * folder stands beside it; `kinds.test.ts` makes twins of most kinds by itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runPipeline } from './support/pipeline.ts';
import { findAllTools } from './support/tools.ts';

const CORPUS = resolve(fileURLToPath(import.meta.url), '../../../../../shared/corpus');
/** Every file with MEDIA_CORPUS=all; the smaller half otherwise, since each takes seconds. Always on every ffmpeg. */
const takesAll = process.env.MEDIA_CORPUS === 'all';
const tools = await findAllTools();

interface Entry {
  readonly file: string;
  /** `ready`: copied or encoded, either is right. */
  readonly expected: 'processed' | 'remuxed' | 'rejected' | 'ready';
  readonly bytes: number;
  /** Codes of reasons; absent where only the outcome is known. */
  readonly reason?: string;
}

/** The words of the manifest, as our reasons name them. What stands here in brackets is a number or name. */
const REASONS: Readonly<Record<string, string>> = {
  vcodec: 'video_codec',
  acodec: 'audio_codec',
  pix_fmt: 'pixel_format',
  sar: 'pixel_shape',
  odd: 'odd_size',
  fps: 'frame_rate',
  larger_than_1080: 'too_large',
  media_shorter_than_header: 'shorter_than_header',
};

/** Files of which we say something else, and why. */
const OTHER_REASONS: Readonly<Record<string, string>> = {
  // The header leaves the duration open (all ones); ffprobe 5.1 takes that for 40 hours, newer ones do not.
  'fragmented-bogus-duration.mp4': 'duration_unknown',
  // An index is missed only by a reader that believes the name: the content is noise.
  'random-bytes.mp4': 'invalid_data',
};

/** Files of which something else becomes, and why. */
const OTHER_OUTCOMES: Readonly<Record<string, Entry['expected']>> = {
  // A packet of its sound cannot be decoded: a copy ends after 1.4 s in Chromium, an encode plays to the end.
  'bitrot-mdat.mp4': 'processed',
};

function expectedCodes({ file, reason }: Entry): string[] {
  const other = OTHER_REASONS[file];
  if (other !== undefined) return [other];
  if (reason === undefined) return [];
  return reason
    .split(';')
    .map((word) => word.replace(/^unreadable:/, '').replace(/[=(].*$/, ''))
    .filter((word) => word !== 'video_copy')
    .map((word) => REASONS[word] ?? word);
}

const isExpected = (outcome: string, { file, expected }: Entry): boolean =>
  expected === 'ready' ? outcome !== 'rejected' : outcome === (OTHER_OUTCOMES[file] ?? expected);

function readManifest(): Entry[] {
  const { files } = JSON.parse(readFileSync(join(CORPUS, 'manifest.json'), 'utf8')) as { files: Entry[] };
  const bySize = [...files].sort((a, b) => a.bytes - b.bytes);
  return takesAll ? files : bySize.slice(0, Math.ceil(files.length / 2));
}

if (!existsSync(join(CORPUS, 'manifest.json'))) {
  it.skip('corpus: skipped, there is no folder shared/corpus beside the repository', () => undefined);
} else {
  describe.each(tools)('%s', (_, theTools) => {
    it.each(readManifest().map((entry) => [entry.file, entry] as const))(
      '%s',
      async (file, entry) => {
        const result = await runPipeline(join(CORPUS, file), theTools);
        expect(isExpected(result.outcome, entry), result.outcome).toBe(true);
        expect(result.codes).toEqual(expect.arrayContaining(expectedCodes(entry)));
        expect(result.files).toEqual(result.outcome === 'rejected' ? [] : ['poster.jpg', 'video.mp4']);
      },
      60_000,
    );
  });
}
