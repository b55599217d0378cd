/**
 * From a file that may be anything to its outputs: probe → plan → encode the MP4 → derive the rest from it. A program
 * may keep or publish the MP4 between the two functions.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, type MediaError, toMediaError } from '@supabase-media/core/errors';
import { runLimited } from '@supabase-media/core/run-limited';
import type { ReportStep, RunStep, StepOutcome } from '@supabase-media/core/step-runner';
import { beginEncode } from './early/begin-encode.ts';
import { type BegunEncode, type EncodeOptions, type EncodeResult, encodeMp4 } from './ffmpeg/encode.ts';
import { probeBeginning, probeMedia } from './ffmpeg/probe.ts';
import type { ArrivingFile } from './ffmpeg/sandbox.ts';
import type { MediaTools } from './ffmpeg/tools.ts';
import type { ReadableOutput } from './ffmpeg/verify.ts';
import { sizeOfFiles } from './ffmpeg/write-limit.ts';
import type { FileStep } from './file-steps.ts';
import { limitOutput, type OutputSpace } from './output-space.ts';
import { boundVideo, mostDerivedBytes, peakBytes, scratchBytes } from './outputs/bounds.ts';
import { inOrder, outputsOf } from './outputs/catalog.ts';
import { describeOutputs, type LocalOutput, type Output, type OutputRequest, removeOutputs } from './outputs/output.ts';
import { VIDEO_FILE } from './outputs/video.ts';
import { fitPlan } from './plan/fit-plan.ts';
import type { MediaInfo, ProbeResult, VideoMedia } from './plan/media-info.ts';
import { describeProbe } from './plan/media-summary.ts';
import type { BoundedVideo } from './plan/output-bounds.ts';
import { type ConvertPlan, describePlan, type Plan, planProcessing, type Reason } from './plan/plan.ts';
import type { MediaWarning } from './plan/plan-warnings.ts';
import type { Rejection } from './plan/rejections.ts';
import type { MediaSettings } from './plan/settings.ts';

export type { BegunEncode };

export interface PipelineOptions {
  readonly settings: MediaSettings;
  /** An existing folder; files appear in it under the names of the catalog when they are whole. */
  readonly outDir: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly runStep: RunStep<FileStep>;
  /** What there is for the results; unless told, they are bound by what was planned alone. */
  readonly space?: OutputSpace | undefined;
  /** Finds the cause of a failure where an error does not tell it, such as a full disk. */
  readonly diagnose?: ((error: unknown) => Promise<MediaError>) | undefined;
  /**
   * All of it will be tried again when it fails: then what may succeed the next time is not given up. Unless told, there
   * is no next time.
   */
  readonly triesAgain?: boolean | undefined;
}

export interface MakeVideoOptions extends PipelineOptions {
  /** Without an extension: a name must not tell ffmpeg what a file is. It is only read. */
  readonly inputPath: string;
  /** Told before anything is made by it. */
  readonly onPlan: (plan: ConvertPlan) => void | Promise<void>;
  /** What was begun while the source arrived. */
  readonly begun?: BegunEncode | undefined;
  /** Runs the encode when it is its turn; at once unless given. */
  readonly waitForTurn?: <T>(encode: () => Promise<T>) => Promise<T>;
  /** Told how many seconds of video one second of encoding made. */
  readonly onSpeed?: ((speed: number) => void) | undefined;
}

/** An MP4 that passed its checks. */
export interface EncodedVideo {
  readonly outcome: 'processed' | 'remuxed';
  readonly reasons: readonly Reason[];
  readonly warnings: readonly MediaWarning[];
  /** The MP4 and its own probe: what everything else is made of. */
  readonly videoPath: string;
  readonly info: VideoMedia;
  /** What was asked for of those that are made with it. */
  readonly outputs: readonly LocalOutput[];
}

/** A file that is no usable video: an outcome, not an error. */
export interface RejectedVideo {
  readonly probe: ProbeResult;
  readonly rejection: Rejection;
}

export type MadeVideo = RejectedVideo | { readonly probe: ProbeResult; readonly encoded: EncodedVideo };

/**
 * Makes the MP4, and the outputs that are made with it.
 *
 * @throws {MediaError} as the probe and the encode do; no output is left then.
 */
export async function makeVideo(options: MakeVideoOptions): Promise<MadeVideo> {
  const planned = await planVideo(options);
  return 'rejection' in planned ? planned : makePlanned(options, planned);
}

/** What is to be made of a file. */
export interface PlannedVideo {
  readonly probe: ProbeResult;
  readonly plan: ConvertPlan;
}

/**
 * Probes and plans; the first half of {@link makeVideo}.
 *
 * @throws {MediaError} as the probe does.
 */
export async function planVideo(options: MakeVideoOptions): Promise<PlannedVideo | RejectedVideo> {
  const { inputPath, settings, tools, signal, runStep } = options;
  const probe = await runStep('probe', async () => {
    const value = await probeMedia({ inputPath, tools, maxPixels: settings.policy.maxInputPixels, signal });
    return { value, summary: describeProbe(value) };
  });
  const plan = await runStep('plan', async () => {
    const value = planAgain(probe, options);
    return { value, summary: describePlan(value) };
  });
  return plan.action === 'reject' ? { probe, rejection: plan.rejection } : { probe, plan };
}

/** The plan that a probe leads to. Pure. */
export const planAgain = (probe: ProbeResult, { settings, space }: Pick<PipelineOptions, 'settings' | 'space'>): Plan =>
  fitPlan(planProcessing(probe, settings.policy), space?.maxFileBytes);

/** Makes the MP4 of a plan: by one encode, unless told. */
export type MakeMp4 = (options: EncodeOptions) => Promise<EncodeResult>;

/**
 * Makes the MP4, and the outputs that are made with it; the second half of {@link makeVideo}.
 *
 * @throws {MediaError} as {@link makeVideo}, and what `makeMp4` throws.
 */
export async function makePlanned(
  options: MakeVideoOptions,
  { probe, plan }: PlannedVideo,
  makeMp4: MakeMp4 = encodeMp4,
): Promise<MadeVideo> {
  const { runStep } = options;
  const waitForTurn = options.waitForTurn ?? ((encode) => encode());
  await options.onPlan(plan);
  const room = await reserveForVideo(options, plan);
  const task = { probe, plan, ...room, makeMp4 };
  return waitForTurn(() => runStep('encode', (report) => encode(options, task, report)));
}

/** What an MP4 and everything that is made with it may take. */
interface VideoRoom {
  readonly bound: BoundedVideo;
  /** What `outDir` may hold in all, in bytes. */
  readonly folderBytes: number | undefined;
}

/** Reserves it. Throws what `reserve` of the space throws. */
async function reserveForVideo(
  { space, settings }: Pick<PipelineOptions, 'space' | 'settings'>,
  plan: ConvertPlan,
): Promise<VideoRoom> {
  const bound = boundVideo(plan, space?.maxFileBytes);
  return { bound, folderBytes: await space?.reserve?.(peakBytes(plan, settings.outputs, bound)) };
}

export interface BeginVideoOptions extends Pick<PipelineOptions, 'settings' | 'outDir' | 'tools' | 'space'> {
  readonly plan: ConvertPlan;
  /** What the source will be called when it is whole. */
  readonly inputPath: string;
  readonly arriving: ArrivingFile;
  readonly signal: AbortSignal;
}

/**
 * Begins to make the MP4 of a plan while the source arrives, within the same limits as {@link makePlanned}, which may take
 * it over.
 *
 * @throws {MediaError} what `reserve` of the space throws.
 */
export async function beginVideo(options: BeginVideoOptions): Promise<BegunEncode> {
  const { plan, inputPath, arriving, signal } = options;
  const room = await reserveForVideo(options, plan);
  const tools = await limitVideo(options, { plan, ...room });
  return beginEncode({ plan, inputPath, outputPath: join(options.outDir, VIDEO_FILE.name), tools, arriving, signal });
}

/**
 * What {@link makeVideo} would answer where the first bytes of a file say for certain that it is no video.
 *
 * @param beginning the first `SNIFF_BYTES` of the file.
 * @param sizeBytes of the whole file.
 * @returns `undefined` where more must be read to know.
 */
export async function rejectByBeginning(
  beginning: Uint8Array,
  { sizeBytes, settings }: { readonly sizeBytes: number } & Pick<PipelineOptions, 'settings'>,
): Promise<RejectedVideo | undefined> {
  const probe = await probeBeginning(beginning, sizeBytes);
  const plan = probe && planProcessing(probe, settings.policy);
  return probe && plan?.action === 'reject' ? { probe, rejection: plan.rejection } : undefined;
}

/** What ffmpeg takes of the whole step; the rest is proving what it wrote. Measured on clips of 1 s to 60 s. */
const ENCODE_SHARE = 0.86;
/** A copy is written in no time, and proved as carefully. */
const COPY_SHARE = 0.1;

interface EncodeTask extends VideoRoom {
  readonly probe: ProbeResult;
  readonly plan: ConvertPlan;
  readonly makeMp4: MakeMp4;
}

async function encode(
  options: MakeVideoOptions,
  task: EncodeTask,
  report: ReportStep,
): Promise<StepOutcome<MadeVideo>> {
  const { outDir, signal, inputPath, begun } = options;
  const { probe, plan } = task;
  const began = performance.now();
  const outputPath = join(outDir, VIDEO_FILE.name);
  const share = plan.video === 'copy' ? COPY_SHARE : ENCODE_SHARE;
  const onProgress: OutputRequest['onProgress'] = ({ percent = 0, speed }) =>
    report((percent / 100) * share, { speed, leadSeconds: begun?.leadSeconds() });
  const tools = await limitVideo(options, task);
  const made: MadeOutputs[] = [];
  const removeMade = () => removeOutputs(made.flatMap(({ outputs }) => outputs));
  try {
    const onReadable = async (output: ReadableOutput) => {
      // Those of an attempt that failed are replaced.
      made[0] = await makePictures(options, task, output);
    };
    const mp4 = await task.makeMp4({ plan, inputPath, outputPath, tools, signal, onProgress, onReadable, begun });
    if (mp4.outcome === 'rejected') {
      await removeMade();
      const { rejection } = mp4;
      return { value: { probe, rejection }, summary: `rejected, ${rejection.code}` };
    }
    const { outcome, reasons, output: info } = mp4;
    const base = { outcome, reasons, videoPath: outputPath, info, outputs: [], warnings: [] };
    made.push(await makeWithSource(options, task, base));
    const seconds = (performance.now() - began) / 1000 + (begun?.leadSeconds() ?? 0);
    if (outcome === 'processed') options.onSpeed?.(info.durationSeconds / seconds);
    const outputs = inOrder(made.flatMap((some) => some.outputs));
    const warnings = [...mp4.warnings, ...made.flatMap((some) => some.warnings)];
    const failures = made.flatMap((some) => some.failures);
    return { value: { probe, encoded: { ...base, outputs, warnings } }, summary: describeMade(outputs, failures) };
  } catch (error) {
    await removeMade();
    await rm(outputPath, { force: true });
    throw error;
  }
}

const limitVideo = (
  { tools, outDir, space, settings }: Pick<PipelineOptions, 'tools' | 'outDir' | 'space' | 'settings'>,
  { plan, bound, folderBytes }: Pick<EncodeTask, 'plan' | 'bound' | 'folderBytes'>,
) =>
  limitOutput(tools, {
    outDir,
    files: [VIDEO_FILE],
    mostBytes: bound.bytes,
    folderBytes,
    maxFileBytes: space?.maxFileBytes,
    scratchBytes: scratchBytes(plan),
    policy: settings.policy,
  });

const isPicture = ({ from }: Output): boolean => from === 'mp4';

/** What goes up with the MP4 and is made of it: beside its verification, which seldom keeps two processors busy. */
function makePictures(
  options: MakeVideoOptions,
  { probe, plan: { outcome, reasons }, folderBytes }: EncodeTask,
  { path: videoPath, info, signal }: ReadableOutput,
): Promise<MadeOutputs> {
  const wanted = outputsOf(options.settings.outputs, 'encode').filter(isPicture);
  const encoded = { outcome, reasons, videoPath, info, outputs: [], warnings: [] };
  return makeOutputs(wanted, { ...options, signal, probe, encoded, folderBytes });
}

/** What goes up with the MP4 and needs the source, or the MP4 under its own name. */
function makeWithSource(
  options: MakeVideoOptions,
  { probe, plan, folderBytes }: EncodeTask,
  encoded: EncodedVideo,
): Promise<MadeOutputs> {
  const wanted = outputsOf(options.settings.outputs, 'encode').filter((output) => !isPicture(output));
  const source = { path: options.inputPath, plan };
  return makeOutputs(wanted, { ...options, probe, encoded, source, folderBytes });
}

export interface DeriveOptions extends PipelineOptions {
  readonly probe: ProbeResult;
  readonly encoded: EncodedVideo;
}

/** What was derived from the MP4, and all warnings so far. */
export type DerivedOutputs = Pick<EncodedVideo, 'outputs' | 'warnings'>;

/**
 * Failures that a quieter moment mends. Others say the same of the same file on the next try, which would encode for
 * nothing before the video is ready.
 */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>(['ffmpeg_killed', 'ffmpeg_memory', 'ffmpeg_stalled']);

/**
 * What cannot be made costs a warning, not the video.
 *
 * @throws {MediaError} when the disk is full or the signal ends it, and with `triesAgain` what may succeed the next time;
 * none of what was derived is left then.
 */
export async function deriveOutputs(options: DeriveOptions): Promise<DerivedOutputs> {
  const folderBytes = await reserveForDerived(options);
  return options.runStep('derive', async (report) => {
    const onProgress = report;
    const wanted = outputsOf(options.settings.outputs, 'derive');
    const { failures, ...value } = await makeOutputs(wanted, { ...options, folderBytes, onProgress });
    return { value, summary: describeMade(value.outputs, failures) };
  });
}

const describeMade = (outputs: readonly LocalOutput[], failures: readonly string[]): string =>
  [describeOutputs(outputs), ...failures].join('; ');

/** The MP4 is known by now: what is derived from it is bound more closely than it was before. */
async function reserveForDerived({ space, outDir, encoded, settings }: DeriveOptions): Promise<number | undefined> {
  if (space?.reserve === undefined) return undefined;
  const mp4 = await readBounded(encoded);
  const kept = await sizeOfFiles(outDir, () => true);
  return space.reserve(kept + mostDerivedBytes(settings.outputs, mp4, settings.policy));
}

const readBounded = async ({ info, videoPath }: EncodedVideo): Promise<BoundedVideo> => ({
  info,
  bytes: (await stat(videoPath)).size,
});

interface MakeOutputsOptions extends DeriveOptions {
  readonly folderBytes: number | undefined;
  readonly source?: OutputRequest['source'];
  /** Told how much is done, from 0 to 1. */
  readonly onProgress?: ReportStep;
}

interface MadeOutputs extends DerivedOutputs {
  /** Why some could not be made, for the log. */
  readonly failures: readonly string[];
}

const captionsOf = ({ subtitles, closedCaptions }: MediaInfo) => ({ subtitles, closedCaptions });

/**
 * So many outputs are made at a time. One program seldom keeps two processors busy to its end, and what is made beside
 * the ladder takes one of them.
 */
const OUTPUTS_AT_A_TIME = 2;

/** Makes outputs: the longest first, the others beside it, and the summary of all when they are there. */
async function makeOutputs(wanted: readonly Output[], options: MakeOutputsOptions): Promise<MadeOutputs> {
  const { encoded } = options;
  const { report, limit } = await shareOut(options, wanted);
  const made = new Map<Output, Made>();
  const collect = (): MadeOutputs => {
    // In the order of the catalog, whichever was ready first.
    const all = wanted.flatMap((output) => made.get(output) ?? []);
    return {
      outputs: all.flatMap(({ outputs }) => outputs),
      warnings: [...encoded.warnings, ...all.flatMap(({ warning }) => warning ?? [])],
      failures: all.flatMap(({ failure }) => failure ?? []),
    };
  };
  const longestFirst = wanted.filter(({ isSummary }) => !isSummary).toSorted((a, b) => b.weight() - a.weight());
  try {
    for (const items of [longestFirst, wanted.filter(({ isSummary }) => isSummary)])
      await runLimited({
        items,
        limit,
        signal: options.signal,
        work: async (output, signal) => {
          const before = collect();
          made.set(output, await makeOutput(output, { ...options, signal, before, onProgress: report(output) }));
        },
      });
  } catch (error) {
    await removeOutputs(collect().outputs);
    throw error;
  }
  return collect();
}

/** How the progress of each output counts in that of the step, and how many are made at a time. */
async function shareOut(
  { settings, outDir, encoded, folderBytes, onProgress }: MakeOutputsOptions,
  wanted: readonly Output[],
) {
  const all = Math.max(
    1,
    wanted.reduce((sum, output) => sum + output.weight(), 0),
  );
  const done = new Map<Output, number>();
  const report =
    (output: Output): ReportStep =>
    (part, more) => {
      done.set(output, output.weight() * part);
      onProgress?.([...done.values()].reduce((sum, value) => sum + value, 0) / all, more);
    };
  const mp4 = await readBounded(encoded);
  const mostBytes = wanted.reduce((sum, output) => sum + output.mostBytes(mp4, settings.policy), 0);
  const kept = folderBytes === undefined ? 0 : await sizeOfFiles(outDir, () => true);
  // Each is held to what is left when it begins: that is true of all together where all fit.
  const fits = kept + mostBytes <= (folderBytes ?? Infinity);
  return { report, limit: fits ? OUTPUTS_AT_A_TIME : 1 };
}

interface MakeOutputOptions extends MakeOutputsOptions {
  readonly before: DerivedOutputs;
}

interface Made {
  readonly outputs: readonly LocalOutput[];
  readonly warning?: MediaWarning;
  readonly failure?: string;
}

/** Makes one output; what cannot be made is a warning. Throws what ends the whole step. */
async function makeOutput(output: Output, options: MakeOutputOptions): Promise<Made> {
  const { settings, outDir, signal, probe, encoded, source, before, folderBytes, space, onProgress } = options;
  const { policy, profile } = settings;
  const mp4 = await readBounded(encoded);
  // Captions come from the source.
  const captioned = { ...mp4, info: { ...mp4.info, ...captionsOf(source?.plan.info ?? mp4.info) } };
  try {
    const tools = await limitOutput(options.tools, {
      outDir,
      files: output.files,
      mostBytes: output.mostBytes(captioned, policy),
      folderBytes,
      maxFileBytes: space?.maxFileBytes,
      policy,
    });
    const { warnings } = before;
    const outputs = await output.make({
      mp4: { path: encoded.videoPath, info: encoded.info },
      source,
      result: { ...encoded, probe, warnings, outputs: [...encoded.outputs, ...before.outputs] },
      outDir,
      policy,
      profile,
      tools,
      signal,
      onProgress: ({ percent = 0, speed }) => onProgress?.(percent / 100, { speed }),
    });
    onProgress?.(1);
    return { outputs };
  } catch (error) {
    const cause = (await options.diagnose?.(error)) ?? toMediaError(error);
    const isPassing = options.triesAgain === true && PASSING.has(cause.code);
    // A full disk is no failure of this output: the others, and the next try, need the space too.
    if (cause.code === 'disk_full') throw cause;
    if (signal?.aborted || isPassing) throw error;
    // Warnings are shown to users, who have no use for a program's words.
    const message = `Made without ${output.kind}: it could not be made of this video.`;
    const warning = { code: `${output.kind}_unavailable` as const, message };
    return { outputs: [], warning, failure: `made without ${output.kind}: ${cause.message}` };
  }
}
