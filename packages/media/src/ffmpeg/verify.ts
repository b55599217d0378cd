/** Verifies that an output is what was planned, before anyone can see it. */
import { runTogether } from '@supabase-media/core/run-limited';
import type { MediaInfo, VideoMedia } from '../plan/media-info.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import type { Rejection } from '../plan/rejections.ts';
import { videoStart } from '../plan/video-start.ts';
import { decodeCheckArguments, soundCheckArguments } from './commands/decode-check.ts';
import { encodeLimits } from './encode-limits.ts';
import { probeMedia } from './probe.ts';
import { runFfmpeg } from './run-process.ts';
import { lastLines } from './stderr-lines.ts';
import type { MediaTools } from './tools.ts';
import { compareOutput } from './verify-rules.ts';

export interface VerifyOptions {
  readonly plan: ConvertPlan;
  readonly outputPath: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  /** Called beside the rest of the verification when the output was read and is as planned; what it throws ends all. */
  readonly onReadable?: ((output: ReadableOutput) => Promise<void>) | undefined;
}

/** An output that can be read and is as planned; whether all of it can be decoded is not known yet. */
export interface ReadableOutput {
  readonly path: string;
  readonly info: VideoMedia;
  readonly signal: AbortSignal;
}

export type Verification =
  | { readonly verdict: 'good'; readonly output: VideoMedia; readonly warnings: readonly MediaWarning[] }
  | {
      readonly verdict: 'wrong';
      readonly why: string;
      readonly withSound?: boolean | undefined;
      /** The source is to blame: what a person should know of it, whatever is made of it. */
      readonly damage?: MediaWarning | undefined;
    }
  | { readonly verdict: 'rejected'; readonly rejection: Rejection };

/**
 * Probes the output, compares it with the plan and the input, and decodes its first, middle and last second, and all
 * sound that was copied.
 */
export async function verifyOutput(options: VerifyOptions): Promise<Verification> {
  // The two readings of the whole file, side by side.
  const [looked, deaf] = await runTogether(options.signal, [
    (signal) => lookAtOutput({ ...options, signal }),
    (signal) => findSoundDamage({ ...options, signal }),
  ]);
  const isHeard = looked.verdict === 'good' && looked.output.audio !== undefined;
  return isHeard && deaf !== undefined ? { verdict: 'wrong', why: deaf, withSound: true } : looked;
}

async function lookAtOutput(options: VerifyOptions): Promise<Verification> {
  const { plan, outputPath: inputPath, tools, signal } = options;
  const maxPixels = plan.policy.maxInputPixels;
  const output = await probeMedia({ inputPath, tools, maxPixels, isOurs: true, signal });
  const { problem, withSound, rejection, warnings } = compareOutput(plan, output, tools.ffmpeg.canConvertHdr);
  if (rejection !== undefined) return { verdict: 'rejected', rejection };
  if (problem !== undefined || !output.readable || output.video === undefined)
    return { verdict: 'wrong', why: problem ?? 'the output cannot be read', withSound };

  const info = { ...output, video: output.video };
  const [damage] = await runTogether(options.signal, [
    (either) => decodeStretches({ ...options, signal: either }, info),
    async (either) => options.onReadable?.({ path: inputPath, info, signal: either }),
  ]);
  if (damage !== undefined) return { verdict: 'wrong', ...damage };
  return { verdict: 'good', output: info, warnings };
}

/**
 * Every stretch must give at least one frame, and no errors. Those of a copy are damage that it took over from its source:
 * one packet that cannot be decoded ends the playback in Chromium, where an encode shows what there is.
 */
async function decodeStretches(
  options: VerifyOptions,
  output: MediaInfo,
): Promise<{ readonly why: string; readonly damage?: MediaWarning } | undefined> {
  const errors: string[] = [];
  // A second is decoded by one core and takes most of its time to open the file: all at once.
  const decoded = await runTogether(
    options.signal,
    stretches(output).map(([name, fromSeconds]) => async (signal) => ({
      name,
      ...(await decodeStretch({ ...options, signal }, output, fromSeconds)),
    })),
  );
  for (const { name, frames, stderrTail, exitCode } of decoded) {
    // Opening a file, ffmpeg looks into its sound, too, which has a check of its own.
    const isOfSound = (line: string) => line.startsWith(`[${output.audio?.codec}]`);
    const lines = lastLines(stderrTail, 100)
      .filter((line) => !isOfSound(line))
      .slice(-2);
    if (frames === 0) return { why: `no frame in the ${name} second can be decoded (${lines.join('; ')})` };
    if (exitCode !== 0 || lines.length > 0) errors.push(`${name} second: ${lines.join('; ')}`);
  }
  if (errors.length === 0) return undefined;
  const why = `decoding fails in the ${errors.join(', ')}`;
  if (options.plan.video === 'encode') return { why };
  const message = `The video was damaged before it came here (${errors.join(', ')}).`;
  return { why, damage: { code: 'decode_errors', message } };
}

/**
 * One packet of AAC that cannot be decoded ends the playback of the whole video in a browser. Decoding an hour of it
 * takes seconds; what was damaged before is repaired by an encode.
 */
async function findSoundDamage({ plan, outputPath, tools, signal }: VerifyOptions) {
  if (plan.audio !== 'copy') return undefined;
  const maxPixels = plan.policy.maxInputPixels;
  const { exitCode, stderrTail } = await runFfmpeg({
    tools,
    args: soundCheckArguments({ inputPath: outputPath, maxPixels, threads: tools.limits.threads }),
    limits: encodeLimits(plan.info.durationSeconds),
    signal,
  });
  return exitCode === 0 ? undefined : `the sound cannot be decoded (${lastLines(stderrTail, 2).join('; ')})`;
}

const STRETCH_SECONDS = 1;

function stretches({ video, audio }: MediaInfo): [string, number][] {
  if (video === undefined) return [];
  const { firstSeconds: first, lastSeconds: last } = video.stats;
  const start = videoStart(video, { audio });
  const end = Math.max(start, start + last - first - STRETCH_SECONDS * 0.9);
  if (end - start < STRETCH_SECONDS) return [['first', start]];
  return [
    ['first', start],
    ['middle', frameBefore(video.averageFps, (start + end) / 2)],
    ['last', end],
  ];
}

/** With less than a frame per second, the middle second may hold none: then it is not asked for. */
function frameBefore(fps: number | undefined, seconds: number): number {
  return fps === undefined || fps < 2 ? 0 : seconds;
}

function decodeStretch({ plan, outputPath, tools, signal }: VerifyOptions, output: MediaInfo, fromSeconds: number) {
  return runFfmpeg({
    tools,
    args: decodeCheckArguments({
      inputPath: outputPath,
      videoIndex: output.video?.index ?? 0,
      fromSeconds,
      seconds: STRETCH_SECONDS,
      maxPixels: plan.policy.maxInputPixels,
      threads: tools.limits.threads,
    }),
    limits: { totalMs: 120_000 },
    signal,
  });
}
