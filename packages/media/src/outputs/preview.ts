/** `preview.mp4`: a silent clip of about six seconds that pages play in a loop while a pointer is over a video's picture. */
import { join } from 'node:path';
import { keepLook, setTags } from '../ffmpeg/color-filters.ts';
import { composeArguments } from '../ffmpeg/commands/compose.ts';
import { decodeCheckArguments } from '../ffmpeg/commands/decode-check.ts';
import { WEB_MP4 } from '../ffmpeg/commands/mp4-options.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { probeMedia } from '../ffmpeg/probe.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import { lastLines } from '../ffmpeg/stderr-lines.ts';
import type { ToolLimits } from '../ffmpeg/tools.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import { keepColors } from '../plan/color.ts';
import { mostPictureBytes } from '../plan/output-bounds.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { describeFile, type Output, type OutputFile, type OutputRequest, roundSeconds } from './output.ts';
import { type PreviewPlan, planPreview } from './preview/plan.ts';

const FILE: OutputFile = { name: 'preview.mp4', contentType: 'video/mp4', wave: 'data' };

/**
 * A library shows dozens of cards, so that size comes before quality: bits per second, and as many in the buffer, so
 * that six seconds take at most 440 KB. Not part of the policy, whose numbers name the folder of the results: those of
 * the other outputs are the same with and without a preview.
 */
const MAX_RATE = 500_000;
const CRF = 28;

export const preview: Output<'preview'> = {
  kind: 'preview',
  about: 'preview.mp4, six silent seconds, 480 on the long side, for hovering over a card',
  from: 'mp4',
  files: [FILE],
  weight: () => 3,
  mostBytes: ({ info }) => {
    const { seconds, fps } = planPreview(info);
    return mostPictureBytes({ seconds, maxRate: MAX_RATE, frames: seconds * fps });
  },
  make: makePreview,
  explain: ({ plan: { policy }, mp4, outDir, tools }) => {
    const plan = planPreview(mp4.info);
    const what = plan.moments.length === 1 ? 'one stretch' : `${plan.moments.length} moments`;
    const outputPath = join(outDir, FILE.name);
    return {
      why: `from the MP4: ${what} of ${plan.seconds.toFixed(1)} s in all`,
      args: previewArguments({ mp4, plan, policy, limits: tools.limits, outputPath }),
    };
  },
};

/** @throws {MediaError} `output_invalid` when ffmpeg gives no clip as planned; what `runProcess` throws. */
async function makePreview(request: OutputRequest) {
  const { mp4, policy, outDir, tools, onProgress, signal } = request;
  const plan = planPreview(mp4.info);
  await writeWhole(join(outDir, FILE.name), async (outputPath) => {
    const run = await runFfmpeg({
      tools,
      args: previewArguments({ mp4, plan, policy, limits: tools.limits, outputPath }),
      durationSeconds: plan.seconds,
      limits: encodeLimits(plan.seconds),
      onProgress,
      signal,
    });
    const failure = lastLines(run.stderrTail, 2).join('; ') || `ffmpeg ended with ${run.exitCode}`;
    const why = run.exitCode === 0 ? await whyWrong(request, plan, outputPath) : failure;
    if (why !== undefined) throw invalidOutput('The preview', why, run.stderrTail);
  });
  const durationSeconds = roundSeconds(plan.seconds);
  return [{ kind: 'preview', ...(await describeFile(outDir, FILE)), ...plan.size, durationSeconds }];
}

/** The last frame's own length is told by nobody. */
const TOLERANCE_SECONDS = 0.25;

/** Exit code 0 does not mean success: what is wrong with the clip, or `undefined`. Every frame of it is decoded. */
async function whyWrong(
  { tools, policy, signal }: OutputRequest,
  { size, seconds }: PreviewPlan,
  inputPath: string,
): Promise<string | undefined> {
  const maxPixels = policy.maxInputPixels;
  const probe = await probeMedia({ inputPath, tools, maxPixels, isOurs: true, signal });
  if (!probe.readable || probe.video === undefined) return 'it cannot be read';
  const { codec, pixelFormat, codedWidth, codedHeight, index, stats } = probe.video;
  if (codec !== 'h264' || pixelFormat !== 'yuv420p') return `it is ${codec} in ${pixelFormat}`;
  if (codedWidth !== size.width || codedHeight !== size.height)
    return `it is ${codedWidth}x${codedHeight}, not ${size.width}x${size.height}`;
  if (probe.audioTracks > 0) return 'it has sound';
  if (!probe.mp4?.moovFirst) return 'its index is not at the start';
  if (Math.abs(stats.durationSeconds - seconds) > TOLERANCE_SECONDS)
    return `it has ${stats.durationSeconds.toFixed(2)} s of ${seconds.toFixed(2)} s`;
  const { threads } = tools.limits;
  const whole = { inputPath, videoIndex: index, fromSeconds: 0, seconds: seconds + 1, maxPixels, threads };
  const { frames } = await runFfmpeg({
    tools,
    args: decodeCheckArguments(whole),
    limits: { totalMs: 120_000 },
    signal,
  });
  return frames === stats.packets ? undefined : `${frames} of its ${stats.packets} frames can be decoded`;
}

export interface PreviewCommand {
  /** A rotation in its header is applied by ffmpeg. */
  readonly mp4: OutputRequest['mp4'];
  readonly plan: PreviewPlan;
  readonly policy: Pick<MediaPolicy, 'maxInputPixels'>;
  readonly limits: Pick<ToolLimits, 'threads'>;
  readonly outputPath: string;
}

/**
 * Each moment is an input of its own, sought by its nearest key frame: only what is shown is decoded. A moment in which
 * nothing moves may hold a single frame, which is then shown for all of it.
 */
export function previewArguments({ mp4, plan, policy, limits, outputPath }: PreviewCommand): string[] {
  const { size, fps, moments } = plan;
  const inputs = moments.map(({ fromSeconds, seconds }) => [
    ...(fromSeconds > 0 ? ['-ss', fromSeconds.toFixed(3)] : []),
    ...['-t', seconds.toFixed(3)],
  ]);
  const stretches = moments.map(({ seconds }, input) => {
    const length = seconds.toFixed(3);
    const timing = `setpts=PTS-STARTPTS,fps=${Number(fps.toFixed(3))}:eof_action=pass`;
    const picture = `${keepLook(size, mp4.info.video)},setsar=1,format=yuv420p`;
    const exactly = `tpad=stop_mode=clone:stop_duration=${length},trim=duration=${length}`;
    return `[${input}:${mp4.info.video.index}]${timing},${picture},${exactly}[m${input}]`;
  });
  const joined = `${moments.map((_, input) => `[m${input}]`).join('')}concat=n=${moments.length},${setTags(keepColors(mp4.info.video))}[clip]`;
  return composeArguments({
    inputPath: mp4.path,
    outputPath,
    threads: limits.threads,
    guards: { maxPixels: policy.maxInputPixels },
    inputOptions: inputs[0],
    moreInputs: inputs.slice(1),
    complexFilter: [...stretches, joined].join(';'),
    outputOptions: [
      ...['-map', '[clip]', '-an', '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1'],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(CRF), '-profile:v', 'high'],
      // One thread: where the rate is at its limit, frames that x264 encodes side by side come out by their timing, and a
      // job that is run again would give other bytes (3 of 24 runs on a busy machine, ffmpeg 5.1; 0 of 24 with one).
      ...['-maxrate', String(MAX_RATE), '-bufsize', String(MAX_RATE), '-threads', '1'],
      ...WEB_MP4,
    ],
  });
}
