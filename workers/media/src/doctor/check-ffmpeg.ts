/** Checks that ffmpeg is installed, has everything that `packages/media` uses, and is kept from what it does not need. */
import { MediaError } from '@supabase-media/core/errors';
import { allRight, type Finding, found } from '@supabase-media/diagnosis/findings';
import { listParts, type PartKind } from '@supabase-media/media/build-parts';
import { type LocateOptions, locateTools } from '@supabase-media/media/locate-tools';
import type { MediaTools } from '@supabase-media/media/tools';
import { judgeIsolation } from './check-isolation.ts';

/** The parts that the commands use, by the flag that lists them. */
const NEEDED = {
  encoders: ['libx264', 'aac', 'mjpeg'],
  filters: [
    'aformat',
    'alimiter',
    'aresample',
    'bwdif',
    'channelmap',
    'ebur128',
    'format',
    'fps',
    'loudnorm',
    'pan',
    'scale',
    'setparams',
    'setsar',
    'split',
    'thumbnail',
    'tile',
    'tpad',
  ],
  muxers: ['hls', 'mjpeg', 'mov', 'mp4', 'null'],
} as const satisfies Readonly<Record<PartKind, readonly string[]>>;

/** Needed to convert HDR to SDR; everything else works without. */
const HDR_FILTERS = ['zscale', 'tonemap'];

/** The programs and the parts they were built with. */
export interface FfmpegFacts {
  readonly tools: MediaTools;
  readonly parts: Readonly<Record<PartKind, ReadonlySet<string>>>;
}

const judgeFfmpeg = (facts: FfmpegFacts): readonly Finding[] => [
  ...judgeParts(facts),
  ...judgeOrigin(facts.tools),
  ...judgeIsolation(facts.tools.isolation, process.getuid?.()),
];

/** Either program from npm: ffmpeg 7.0.0 of 2024, ffprobe of 2023. */
function judgeOrigin({ ffmpeg, ffprobe }: MediaTools): readonly Finding[] {
  const old = [
    ...(ffmpeg.origin === 'npm' ? [`ffmpeg ${ffmpeg.version}`] : []),
    ...(ffprobe.origin === 'npm' ? [`ffprobe ${ffprobe.version}`] : []),
  ];
  if (old.length === 0) return [];
  return [found('ffmpeg', 'ffmpeg_from_npm', { message: `In use from npm: ${old.join(', ')}.` })];
}

function judgeParts({ tools, parts }: FfmpegFacts): readonly Finding[] {
  const { ffmpeg, ffprobe } = tools;
  const missing = Object.entries(NEEDED).flatMap(([kind, names]) =>
    names.filter((name) => !parts[kind as PartKind].has(name)).map((name) => `${kind.slice(0, -1)} ${name}`),
  );
  const where = `ffmpeg ${ffmpeg.version} (${ffmpeg.path})`;
  if (missing.length > 0)
    return [found('ffmpeg', 'ffmpeg_lacks_parts', { message: `${where} lacks ${missing.join(', ')}.` })];
  const noHdr = HDR_FILTERS.filter((name) => !parts.filters.has(name));
  if (noHdr.length > 0)
    return [found('ffmpeg', 'ffmpeg_no_hdr', { message: `${where} lacks the filters ${noHdr.join(' and ')}.` })];
  return [
    allRight('ffmpeg', `${where} and ffprobe ${ffprobe.version} have all required parts, including HDR conversion.`),
  ];
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
