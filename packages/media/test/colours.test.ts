/** The colours of what we publish, read back without any conversion of ffmpeg's, and the tags that say how. */
import { describe, expect, it } from 'vitest';
import { furthest, makeBars, readBars, type Variant } from './support/colour-bars.ts';
import { outputOf, runPipeline, videoOf } from './support/pipeline.ts';
import { findAllTools, temporaryFolder } from './support/tools.ts';

const TIMEOUT = 60_000;
const HD = { width: 1280, height: 720 };
const SD = { width: 256, height: 128 };
const BT601 = { primaries: 6, transfer: 6, space: 6 };
const BT709 = { primaries: 1, transfer: 1, space: 1 };

type Result = Pick<Variant, 'matrix' | 'range'> & { readonly tags: string };

/** Primaries, transfer, matrix, range. */
const bt709 = { matrix: 'bt709', range: 'tv', tags: 'bt709 bt709 bt709 tv' } as const;
const bt601 = { matrix: 'bt601', range: 'tv', tags: 'smpte170m smpte170m smpte170m tv' } as const;

describe.each(await findAllTools())('%s', (_, tools) => {
  it.each<['copy' | 'encode', string, Variant, Result]>([
    ['encode', 'BT.709, full range', { ...HD, matrix: 'bt709', range: 'pc', tags: BT709 }, bt709],
    [
      'encode',
      'BT.601 in HD, full range',
      { ...HD, matrix: 'bt601', range: 'pc', tags: BT601 },
      { ...bt709, tags: 'smpte170m smpte170m bt709 tv' },
    ],
    ['encode', 'full range in HD without tags', { ...HD, matrix: 'bt601', range: 'pc', tags: {} }, bt709],
    ['encode', 'HD without tags', { ...HD, matrix: 'bt709', range: 'tv', tags: {} }, bt709],
    ['encode', 'SD without tags', { ...SD, matrix: 'bt601', range: 'tv', tags: {} }, bt601],
    ['encode', 'BT.601 in SD, full range', { ...SD, matrix: 'bt601', range: 'pc', tags: BT601 }, bt601],
    ['encode', 'BT.709 in SD', { ...SD, matrix: 'bt709', range: 'tv', tags: BT709 }, bt709],
    [
      'copy',
      'BT.601 in HD, full range',
      { ...HD, matrix: 'bt601', range: 'pc', tags: BT601 },
      { matrix: 'bt601', range: 'pc', tags: 'smpte170m smpte170m smpte170m pc' },
    ],
    [
      'copy',
      'a matrix and nothing else, full range',
      { ...SD, matrix: 'bt709', range: 'pc', tags: { space: 1 } },
      { matrix: 'bt709', range: 'pc', tags: 'bt709 bt709 bt709 pc' },
    ],
  ])(
    '%s of %s: tags, MP4 and stills say the same',
    async (kind, _name, variant, expected) => {
      const path = await makeBars(await temporaryFolder(), variant, kind, tools);
      const result = await runPipeline(path, tools, { outputs: ['video', 'poster'] });
      expect(result.outcome).toBe(kind === 'copy' ? 'remuxed' : 'processed');
      const { primaries, transfer, space, range } = videoOf(result).color;
      expect([primaries, transfer, space, range].join(' ')).toBe(expected.tags);
      expect(furthest(await readBars(result.videoPath, expected, tools))).toBeLessThanOrEqual(3);
      expect(outputOf(result, 'poster')).toMatchObject({ width: variant.width });
      expect(furthest(await readBars(result.posterPath, { matrix: 'bt601', range: 'pc' }, tools))).toBeLessThanOrEqual(
        3,
      );
    },
    TIMEOUT,
  );
});
