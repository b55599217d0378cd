/** Makes the MP4: copies or encodes as planned, verifies, and only then gives the file its name. */

import { rename, rm } from 'node:fs/promises';
import type { MediaError } from '@supabase-media/core/errors';
import { effectiveFps } from '../plan/copy-rules.ts';
import type { VideoMedia } from '../plan/media-info.ts';
import { type ConvertPlan, encodeInstead, type Reason } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import { type Rejection, rejection } from '../plan/rejections.ts';
import { soundFallbacks } from '../plan/sound-fallback.ts';
import { remuxArguments } from './commands/remux.ts';
import { transcodeArguments } from './commands/transcode.ts';
import { classifyEncodeFailure, ranOutOfMemory } from './encode-failure.ts';
import { encodeLimits } from './encode-limits.ts';
import { planLoudness, reportLoudness } from './measure-loudness.ts';
import type { EncodeProgress } from './progress.ts';
import { withReadableSource } from './readable-source.ts';
import { type FfmpegResult, runFfmpeg } from './run-process.ts';
import { lastLines } from './stderr-lines.ts';
import type { MediaTools } from './tools.ts';
import { type VerifyOptions, verifyOutput } from './verify.ts';
import type { ProcessLimits } from './watchdog.ts';
import { invalidOutput } from './write-whole.ts';

export interface EncodeOptions {
  readonly plan: ConvertPlan;
  /** The file that was probed for the plan, under the same neutral name. */
  readonly inputPath: string;
  /** Appears only when the video is whole; until then the work goes to `<outputPath>.partial`. */
  readonly outputPath: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  /** Called for each attempt whose output is as planned, beside the rest of its verification, which it may still fail. */
  readonly onReadable?: VerifyOptions['onReadable'];
  /** What was begun while the source arrived; taken over where it runs the very command of the plan. */
  readonly begun?: BegunEncode | undefined;
  /** Replaces the computed limits: max(10 min, 20 x duration) in all, 60 s without progress. */
  readonly limits?: ProcessLimits | undefined;
}

/** An ffmpeg that began with the first bytes of the source. */
export interface BegunEncode {
  /**
   * Its result, if it runs these arguments; else it is ended, as where it failed: then the source is encoded as if
   * nothing had begun. Only the first call can have it.
   *
   * @throws the signal's reason.
   */
  readonly take: (
    args: readonly string[],
    options: Pick<EncodeOptions, 'onProgress' | 'signal'>,
  ) => Promise<FfmpegResult | undefined>;
  /** Resolves where it fails before it is taken: then it is of no use any more. */
  readonly failed: Promise<void>;
  /** For how long it had been running when it was taken, in seconds; 0 where it was not. */
  readonly leadSeconds: () => number;
  /** Ends it unless it was taken, and removes what it wrote; resolves when it has ended. */
  readonly end: () => Promise<void>;
}

/** A published MP4, or why the file was turned away after all. */
export type EncodeResult =
  | {
      readonly outcome: 'processed' | 'remuxed';
      /** The output's own probe. */
      readonly output: VideoMedia;
      readonly reasons: readonly Reason[];
      readonly warnings: readonly MediaWarning[];
    }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection };

/**
 * Carries out a plan. A copy that fails or does not pass verification is followed by one encode, with the reason kept;
 * sound that fails, by the next track or by none.
 *
 * @throws MediaError output_invalid | ffmpeg_failed | ffmpeg_memory when the output cannot be made though the file gives
 * no reason; disk_full, aborted, ffmpeg_stalled, ffmpeg_timeout, ffmpeg_killed, ffmpeg_missing. No file is left then.
 */
export async function encodeMp4(options: EncodeOptions): Promise<EncodeResult> {
  const partial = partialOf(options.outputPath);
  try {
    const first = await attemptWithSound(options, options.plan, partial);
    const last =
      'why' in first && options.plan.video === 'copy'
        ? await attemptWithSound(options, encodeDamaged(options.plan, first), partial)
        : first;
    if ('why' in last) throw last.error;
    if (last.outcome !== 'rejected') await rename(partial, options.outputPath);
    return last;
  } finally {
    await rm(partial, { force: true });
  }
}

function encodeDamaged(plan: ConvertPlan, { why, damage }: Failure): ConvertPlan {
  const instead = encodeInstead(plan, why);
  return damage === undefined ? instead : { ...instead, warnings: [...instead.warnings, damage] };
}

/** Where an MP4 is written until it is whole. */
export const partialOf = (outputPath: string): string => `${outputPath}.partial`;

/** For a sentence. */
const WHAT = 'The encoded video';

interface Failure {
  readonly why: string;
  readonly error: MediaError;
  readonly damage?: MediaWarning | undefined;
}

type Attempt = EncodeResult | Failure;

/**
 * One plan; where its sound may be what failed, also with another sound, at last without. Which stream made ffmpeg fail
 * is not asked of its words, which differ by release: leaving the sound out tells.
 */
async function attemptWithSound(options: EncodeOptions, plan: ConvertPlan, partial: string): Promise<Attempt> {
  let last = await attempt(options, plan, partial);
  for (const fallback of soundFallbacks(plan)) {
    if (last.sound === 'good') break;
    // A track in which nothing could be decoded stays so, however its channels are mixed.
    const { audio } = fallback.info;
    if (last.sound === 'absent' && (audio === undefined || audio.index === plan.info.audio?.index)) continue;
    last = await attempt(options, fallback, partial);
  }
  return last.result;
}

/** `bad`: the attempt failed, and it may be for the sound. `absent`: no sound came out, all else is good. */
interface Attempted {
  readonly result: Attempt;
  readonly sound: 'good' | 'bad' | 'absent';
}

async function attempt(options: EncodeOptions, planned: ConvertPlan, partial: string): Promise<Attempted> {
  const { tools, signal, inputPath } = options;
  const plan = await planLoudness({ plan: planned, inputPath, tools, signal });
  const ran =
    plan.video === 'copy' ? await runRemux(options, plan, partial) : await runTranscode(options, plan, partial);
  if (ran.exitCode !== 0 || ranOutOfMemory(ran)) {
    const failure = classifyEncodeFailure(ran);
    const sound = ranOutOfMemory(ran) ? 'good' : 'bad';
    if (failure.kind === 'file') return { result: rejectedBecause(plan, failure.detail), sound };
    return { result: { why: failure.error.message, error: failure.error }, sound };
  }
  // It ended well and encoded nothing: what there was could not be decoded.
  if (plan.video === 'encode' && ran.frames === 0)
    return { result: rejectedBecause(plan, lastLines(ran.stderrTail).join(' | ')), sound: 'good' };
  const { onReadable } = options;
  return judgeOutput({ plan, tools, signal, onReadable }, partial, ran.stderrTail);
}

/**
 * Verifies what was made of a plan, however it was made.
 *
 * @param stderrTail of the program that made it, for the log.
 */
export async function judgeOutput(
  { plan, tools, signal, onReadable }: Pick<EncodeOptions, 'plan' | 'tools' | 'signal' | 'onReadable'>,
  partial: string,
  stderrTail: string,
): Promise<Attempted> {
  const checked = await verifyOutput({ plan, outputPath: partial, tools, signal, onReadable });
  if (checked.verdict === 'wrong') {
    const error = invalidOutput(WHAT, checked.why, stderrTail);
    const { why, damage, withSound } = checked;
    return { result: { why, error, damage }, sound: withSound ? 'bad' : 'good' };
  }
  if (checked.verdict === 'rejected')
    return { result: { outcome: 'rejected', rejection: checked.rejection }, sound: 'good' };
  const { output } = checked;
  const loudness = await reportLoudness({ plan, outputPath: partial, output, tools, signal });
  const result = {
    outcome: plan.outcome,
    output: loudness === undefined ? output : { ...output, loudness },
    reasons: plan.reasons,
    warnings: [...plan.warnings, ...hdrWarning(plan, tools), ...checked.warnings],
  };
  return { result, sound: plan.audio !== 'none' && output.audio === undefined ? 'absent' : 'good' };
}

function runRemux(options: EncodeOptions, plan: ConvertPlan, outputPath: string) {
  const { inputPath, tools } = options;
  return run(options, plan, remuxArguments({ plan, inputPath, outputPath, threads: tools.limits.threads }));
}

function runTranscode(options: EncodeOptions, plan: ConvertPlan, outputPath: string) {
  const { tools, inputPath, signal } = options;
  const { canConvertHdr } = tools.ffmpeg;
  const { threads } = tools.limits;
  return withReadableSource({ plan, inputPath, copyPath: `${outputPath}.source`, tools, signal }, (source) =>
    run(options, plan, transcodeArguments({ ...source, outputPath, threads, canConvertHdr })),
  );
}

async function run(options: EncodeOptions, plan: ConvertPlan, args: readonly string[]): Promise<FfmpegResult> {
  const { onProgress, signal } = options;
  return (await options.begun?.take(args, { onProgress, signal })) ?? runEncode(options, plan, args);
}

/** Runs ffmpeg with the limits of a plan. Throws what `runFfmpeg` throws. */
export function runEncode(
  options: Pick<EncodeOptions, 'tools' | 'signal' | 'onProgress' | 'limits'>,
  plan: ConvertPlan,
  args: readonly string[],
): Promise<FfmpegResult> {
  return runFfmpeg({
    tools: options.tools,
    args,
    durationSeconds: plan.info.durationSeconds,
    frameCount: plan.info.durationSeconds * (plan.target.fps ?? effectiveFps(plan.source) ?? 0),
    onProgress: options.onProgress,
    limits: encodeLimits(plan.info.durationSeconds, options.limits),
    signal: options.signal,
  });
}

/** What cannot be copied may still be decoded; what cannot be decoded is turned away. */
function rejectedBecause(plan: ConvertPlan, detail: string): Attempt {
  if (plan.video === 'copy') return { why: detail, error: invalidOutput(WHAT, detail) };
  return { outcome: 'rejected', rejection: rejection('undecodable_video', { detail }) };
}

function hdrWarning(plan: ConvertPlan, tools: MediaTools): MediaWarning[] {
  if (plan.video === 'copy' || plan.source.hdr === undefined || tools.ffmpeg.canConvertHdr) return [];
  return [
    { code: 'hdr_not_converted', message: 'This ffmpeg cannot convert HDR (built without zimg): colours look flat.' },
  ];
}
