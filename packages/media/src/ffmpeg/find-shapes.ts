/**
 * Whether the picture changes its size in the middle, which a copy does not survive: an MP4 has one size, and browsers
 * stretch what differs (facts, "HLS and colours").
 */
import { MediaError } from '@supabase-media/core/errors';
import type { Shape, VideoInfo } from '../plan/media-info.ts';
import { composeArguments } from './commands/compose.ts';
import { type ProbePass, runFfmpeg, runFfprobe } from './run-process.ts';
import { createShapeSummary, FRAME_ENTRIES } from './shape-summary.ts';

/**
 * Codecs whose size changes with a key frame, and whose decoder can be told to leave out all other frames. Those of VP9
 * and AV1 in ffmpeg 5.1 decode everything: too dear for a look; their encode fits every frame anyway (`filter-chain.ts`).
 */
const CHANGING_CODECS = new Set(['h264', 'hevc', 'vp8', 'mpeg2video', 'mpeg1video']);

/** 16 ms for a key frame of 1080p: hours of video. What was seen until then counts. */
const KEY_FRAMES_LIMITS = { totalMs: 5 * 60_000 };

/**
 * The sizes, where there are several; empty where the size stays. H.264 is what may be copied, so its parameter sets are
 * compared first, without decoding: 0.6 s for 1 GB, where its key frames take 4 s (45 minutes of 1080p, ffmpeg 5.1.9).
 * Two parameter sets in every key frame, of which now one and now the other is used, are not told apart; nor are sizes
 * in other codecs where every frame is a key frame, as of cameras that record nothing else.
 *
 * @param differ what {@link parameterSetsDiffer} said, where it was asked before.
 * @throws what `runProcess` throws; a look at key frames whose time is up ends without an error
 */
export async function findShapes(
  pass: ProbePass,
  video: VideoInfo,
  differ?: boolean | undefined,
): Promise<readonly Shape[]> {
  const { codec, stats } = video;
  const oneKey = stats.firstPacketIsKey && stats.keyPackets === 1;
  if (!CHANGING_CODECS.has(codec) || oneKey) return [];
  const inFrames = async () =>
    codec === 'h264' ? (differ ?? parameterSetsDiffer(pass, video)) : stats.keyPackets < stats.packets;
  if (!stats.newParameters && !(await inFrames())) return [];
  const shapes = await sizesOfKeyFrames(pass, video);
  return shapes.length > 1 ? shapes : [];
}

/**
 * Prints a hash for each packet of what is left of it: the sequence parameter sets, type 7 in ITU-T H.264 table 7-1. Each
 * line is written at once, so that progress comes between lines.
 */
const HASH_PARAMETER_SETS = [
  ...['-copyinkf', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb,filter_units=pass_types=7'],
  ...['-f', 'framehash', '-hash', 'murmur3', '-flush_packets', '1'],
];

/** Whether the frames of an H.264 stream bring parameter sets that are not all the same. Throws what `runProcess` throws. */
export async function parameterSetsDiffer(pass: ProbePass, { index }: Pick<VideoInfo, 'index'>): Promise<boolean> {
  const { inputPath, tools, maxPixels, deepAnalysis = false, signal } = pass;
  const { threads } = tools.limits;
  let first: string | undefined;
  let differ = false;
  await runFfmpeg({
    tools,
    args: composeArguments({
      inputPath,
      outputPath: null,
      threads,
      guards: { maxPixels, deepAnalysis },
      outputOptions: ['-map', `0:${index}`, ...HASH_PARAMETER_SETS],
    }),
    // `0, 270000, 270000, 3000, 29, <hash>`: stream, times, duration, size; more where the packet has side data.
    onLine(line) {
      const hash = line.startsWith('0,') ? line.split(',')[5]?.trim() : undefined;
      if (hash === undefined) return;
      first ??= hash;
      differ ||= hash !== first;
    },
    // A stretch without a key frame is silent.
    limits: { totalMs: pass.bounds?.totalMs, stallMs: Infinity },
    signal,
  });
  return differ;
}

async function sizesOfKeyFrames(pass: ProbePass, { index, rotation, stats }: VideoInfo): Promise<Shape[]> {
  const summary = createShapeSummary(rotation);
  try {
    await runFfprobe({
      ...pass,
      show: [
        ...['-threads', String(pass.tools.limits.threads), '-skip_frame', 'nokey', '-select_streams', String(index)],
        ...['-show_entries', FRAME_ENTRIES, '-of', 'compact=p=0'],
      ],
      onLine: summary.add,
      limits: KEY_FRAMES_LIMITS,
    });
  } catch (error) {
    if (!(error instanceof MediaError && error.code === 'ffmpeg_timeout')) throw error;
  }
  return summary.shapes(stats.firstSeconds + stats.durationSeconds);
}
