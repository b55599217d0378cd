/** Is there an ffmpeg, and can it do what `ffmpeg/commands/` asks of it? */
import { MediaError } from '../errors.ts';
import { type LocateOptions, locateTools } from '../ffmpeg/locate.ts';
import { runProcess } from '../ffmpeg/run-process.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import { allRight, type Finding, found } from './findings.ts';

/** What the commands name, by the flag that lists it. */
const NEEDED = {
  encoders: ['libx264', 'aac', 'mjpeg'],
  filters: [
    'aresample',
    'bwdif',
    'format',
    'fps',
    'scale',
    'setparams',
    'setsar',
    'split',
    'thumbnail',
    'tile',
    'tpad',
  ],
  muxers: ['hls', 'mjpeg', 'mov', 'mp4', 'null'],
} as const;

type PartKind = keyof typeof NEEDED;

/** Without these HDR cannot become SDR; all else works. */
const FOR_HDR = ['zscale', 'tonemap'];

/** What is known of the programs. */
export interface FfmpegFacts {
  readonly tools: MediaTools;
  readonly parts: Readonly<Record<PartKind, ReadonlySet<string>>>;
}

/**
 * Reads a list as `ffmpeg -encoders`, `-filters` and `-muxers` print it: flags, a name, then words. Names that stand for
 * the same thing are joined by commas.
 */
export function readParts(lines: readonly string[]): ReadonlySet<string> {
  const names = lines.flatMap((line) => /^ [A-Z.| ]{1,6} +([a-z0-9_,]+) /.exec(line)?.[1]?.split(',') ?? []);
  return new Set(names);
}

export function judgeFfmpeg({ tools, parts }: FfmpegFacts): readonly Finding[] {
  const { ffmpeg, ffprobe } = tools;
  const missing = Object.entries(NEEDED).flatMap(([kind, names]) =>
    names.filter((name) => !parts[kind as PartKind].has(name)).map((name) => `${kind.slice(0, -1)} ${name}`),
  );
  const where = `ffmpeg ${ffmpeg.version} (${ffmpeg.path})`;
  if (missing.length > 0)
    return [found('ffmpeg', 'ffmpeg_lacks_parts', { message: `${where} lacks ${missing.join(', ')}.` })];
  const noHdr = FOR_HDR.filter((name) => !parts.filters.has(name));
  if (noHdr.length > 0)
    return [found('ffmpeg', 'ffmpeg_no_hdr', { message: `${where} lacks the filters ${noHdr.join(' and ')}.` })];
  return [allRight('ffmpeg', `${where} and ffprobe ${ffprobe.version} have all that is needed, HDR conversion too.`)];
}

async function listParts(tools: MediaTools, kind: PartKind, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const lines: string[] = [];
  await runProcess({
    program: tools.ffmpeg.path,
    args: ['-hide_banner', `-${kind}`],
    signal,
    limits: { totalMs: 15_000 },
    onLine: (line) => lines.push(line),
  });
  return readParts(lines);
}

export async function checkFfmpeg(options: LocateOptions, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const tools = await locateTools(options);
    const [encoders, filters, muxers] = await Promise.all([
      listParts(tools, 'encoders', signal),
      listParts(tools, 'filters', signal),
      listParts(tools, 'muxers', signal),
    ]);
    return judgeFfmpeg({ tools, parts: { encoders, filters, muxers } });
  } catch (error) {
    if (!(error instanceof MediaError) || error.code !== 'ffmpeg_missing') throw error;
    return [found('ffmpeg', 'ffmpeg_missing', { message: error.message, remedy: error.hint })];
  }
}
