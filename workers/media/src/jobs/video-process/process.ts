/**
 * The story of a `video.process` job, from the source in Storage to the results in Storage: download → probe → plan →
 * encode → publish the MP4 while the rest is derived from it → upload that → record. Each step is one call deep: into a
 * file beside this one, or into the package `media`.
 */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PublishedOutput, VideoProcessResult } from '@supabase-media/client/contract';
import { toMediaError } from '@supabase-media/core/errors';
import { runTogether } from '@supabase-media/core/run-limited';
import { createStepRunner, type StepProgress } from '@supabase-media/core/step-runner';
import { createThrottle } from '@supabase-media/core/throttle';
import type { ProbeResult } from '@supabase-media/media/media-info';
import { outputsOf } from '@supabase-media/media/outputs';
import {
  type DerivedOutputs,
  deriveOutputs,
  type EncodedVideo,
  type MadeVideo,
  makePlanned,
  planVideo,
} from '@supabase-media/media/pipeline';
import type { ConvertPlan } from '@supabase-media/media/plan';
import { chooseSettings } from '@supabase-media/media/settings';
import type { JobContext } from '@supabase-media/queue/job-type';
import { WaitsForChildren } from '@supabase-media/queue/waits-for-children';
import { inSpan } from '@supabase-media/service/tracing';
import { detectDiskFull } from '../../work-disk/detect-disk-full.ts';
import { type RunDirectory, withRunDirectory } from '../../work-disk/work-directory.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import { takeAddedCaptions } from './added-captions.ts';
import {
  createCheckpointKeeper,
  INPUT_NAME,
  inputChecksum,
  isUsable,
  type KeepCheckpoint,
  readCheckpoint,
  type SourceVersion,
  saveDerived,
  settingsKey,
} from './checkpoint.ts';
import { cleanupPolicy } from './cleanup-policy.ts';
import type { VideoHandlers, VideoProcessPayload } from './contract.ts';
import { downloadSource, findSource, proveSource, rejectBeforeDownload } from './download.ts';
import { type EarlyEncode, withEarlyEncode } from './early-encode.ts';
import { checksumFiles } from './file-checksums.ts';
import { findOutputSpace } from './output-space.ts';
import { publishOutputs } from './publish.ts';
import { canceledMeanwhile, findFinalStatus, recordFailure, recordReady, recordRejection } from './record.ts';
import { removeStaleResults } from './remove-results.ts';
import { type Restored, reserveDisk, restoreRun } from './restore.ts';
import { resultPrefix } from './result-keys.ts';
import { createPartsEncoder, type EncodeInPartsOptions } from './split/encode-in-parts.ts';
import { removeParts } from './split/remove-parts.ts';
import type { SavedSplit } from './split/saved-split.ts';
import { jobSteps } from './steps.ts';
import { identityOf } from './video-identity.ts';
import type { VideoRun } from './video-run.ts';

/**
 * Progress is written at most this often, in milliseconds. Each time takes two requests: once a second they, and the
 * database that answers, took 4 % of two processors from the encode.
 */
const PROGRESS_EVERY_MS = 2000;

/** What the queue calls for `video.process` jobs. */
export function createVideoHandlers(services: WorkerServices): VideoHandlers {
  const { videos, log } = services;
  return {
    process: (payload, context) => processVideo(services, payload, context),
    fail: (payload, error, job) => recordFailure(services, payload, { error, job }),
    wait: async ({ videoId }, error) => {
      log.warn({ event: 'video.waiting', videoId, code: error.code }, `Will be retried: ${error.message}`);
      await videos.recordWaiting(videoId, error.code, error.forUser);
    },
  };
}

/** Checks that there is something to do, waits for disk space, and runs the steps in a directory of their own. */
async function processVideo(
  services: WorkerServices,
  payload: VideoProcessPayload,
  context: JobContext,
): Promise<VideoProcessResult> {
  const { config, videos } = services;
  const { jobId, attempt, attempts, signal, recording } = context;
  const { videoId } = payload;
  const log = services.log.child({ jobId, videoId, attempt });
  const { bucket, path } = payload.source;
  log.info({ event: 'video.started' }, `Video ${videoId}: ${bucket}/${path}, attempt ${attempt} of ${attempts}`);
  const recorded = context.checkpoint === undefined ? undefined : await findFinalStatus(services, { videoId, jobId });
  if (recorded !== undefined) return recorded;
  if (!(await videos.markProcessing(identityOf(payload), jobId, signal))) throw canceledMeanwhile(videoId);
  const settings = chooseSettings(config.media, payload);
  const source = await findSource(services, payload, signal);
  const reservation = await reserveDisk(services, { source, settings, context });

  const progress = createThrottle<StepProgress>({
    everyMs: PROGRESS_EVERY_MS,
    send: async (now) => {
      await Promise.all([context.reportProgress(now), videos.recordProgress(videoId, now.step, now.percent, signal)]);
    },
    onError: (err) => log.debug({ err }, 'Progress could not be written'),
  });
  let plan: ConvertPlan | undefined;
  const onPlan = (made: ConvertPlan) => {
    plan = made;
  };
  const steps = jobSteps({ outputs: settings.outputs, plan: () => plan });
  const timeStep = recording.stepStarted;
  const runStep = createStepRunner({ steps, log, onProgress: progress.offer, timeStep, inSpan, signal });
  const endProgress = progress.stop;
  const run = { services, payload, context, settings, source, reservation, steps, runStep, onPlan, endProgress, log };
  const keepAfter = (error: unknown) => cleanupPolicy(toMediaError(error), signal);
  try {
    const result = await withRunDirectory(
      { jobsDir: config.worker.jobsDir, jobId, keepAfter },
      detectingDiskFull(async (runDirectory) => {
        const here = { ...run, runDirectory };
        const whole = { ...here, space: await findOutputSpace(here) };
        return withEarlyEncode(whole, (early) => runSteps(whole, early));
      }),
    );
    // Nothing is kept here meanwhile: any worker may go on, and what it needs is in Storage.
    if (result === 'waits') throw new WaitsForChildren();
    return result;
  } finally {
    reservation.release();
    await progress.stop();
  }
}

/** The steps. Each result is saved as soon as it is there; what an earlier run left unchanged is not made again. */
async function runSteps(run: VideoRun, early: EarlyEncode): Promise<VideoProcessResult | 'waits'> {
  const { services, payload, context, settings, runDirectory } = run;
  const { signal } = context;
  await removeStaleResults(run);
  const task = { version: 1 as const, settings: settingsKey(settings) };
  const restored = await restoreRun({
    saved: context.checkpoint,
    source: run.source,
    settings: task.settings,
    runDirectory,
    connection: services.storage,
    policy: services.config.upload,
    signal,
    confirm: context.confirmLock,
    log: run.log,
  });
  const saved = readCheckpoint(context.checkpoint);
  const isOurs = saved !== undefined && isUsable(saved, { settings: task.settings, source: run.source });
  const before = isOurs ? saved.split : undefined;
  // Of a video whose parts are in Storage, the source need not be here.
  const known = restored.source ?? (isOurs && before?.parts !== undefined ? saved.source : undefined);
  const first = { ...task, source: known, ...restored.saved, split: before };
  const keep = createCheckpointKeeper(context.saveCheckpoint, first);

  const rejected = known === undefined ? await rejectBeforeDownload(run) : undefined;
  if (rejected !== undefined) return recordRejection(run, rejected);
  const downloaded = known ?? (await downloadSource(run, early.arrived));
  const isSourceHere = restored.source !== undefined || known === undefined;
  const prove = async (either: AbortSignal) => known ?? keepSource(keep, await proveSource(run, downloaded, either));
  let proved: Promise<SourceVersion> | undefined;
  let split = before;
  // The digest of the source is needed for names only, so that another core takes it meanwhile.
  const [source, made] = await runTogether(signal, [
    (either) => {
      proved = prove(either);
      return proved;
    },
    async (either) =>
      restored.encoded ??
      encodeSource(withSignal(run, either), early, {
        isSourceHere,
        split: before,
        save: async (split) => {
          // A checkpoint without a source is none.
          await proved;
          await keep({ split });
        },
        onSplit: (now) => {
          split = now;
        },
      }),
  ]);
  if (made === 'waits') return made;
  if ('rejection' in made) return recordRejection(run, made);
  const video = restored.encoded ? made.encoded : await addCaptions(run, made.encoded, source);
  const prefix = resultPrefix({ ...payload, sourceSha256: source.sha256, settings });
  // Before the first of them goes there.
  await keep({ results: { bucket: services.config.resultBucket, folder: prefix } });

  const { probe } = made;
  const results = { restored, keep, prefix, probe, video, split };
  const [published, derived] = await runTogether(signal, [
    (either) => publishVideo(withSignal(run, either), results),
    (either) => deriveRest(withSignal(run, either), results),
  ]);
  if ('error' in derived) throw derived.error;
  if (derived.value === undefined) return recordReady(run, { probe, encoded: video, outputs: published });
  const { outputs, warnings } = derived.value;
  const uploaded = await publishOutputs(run, { step: 'upload', prefix, outputs });
  return recordReady(run, { probe, encoded: { ...video, warnings }, outputs: [...published, ...uploaded] });
}

const withSignal = (run: VideoRun, signal: AbortSignal): VideoRun => ({ ...run, context: { ...run.context, signal } });

async function keepSource(keep: KeepCheckpoint, source: SourceVersion): Promise<SourceVersion> {
  await keep({ source, input: inputChecksum(source) });
  return source;
}

/** Probe, plan and encode, in parts where the video is long. `waits`: other workers have to encode parts first. */
async function encodeSource(
  run: VideoRun,
  early: EarlyEncode,
  options: EncodeInPartsOptions,
): Promise<MadeVideo | 'waits'> {
  const { metrics } = run.services;
  const pipeline = {
    ...pipelineOf(run),
    inputPath: join(run.runDirectory.directory, INPUT_NAME),
    onPlan: run.onPlan,
    waitForTurn: early.waitForTurn,
  };
  const parts = createPartsEncoder(run, options, pipeline);
  const continued = await parts.goOn();
  if (continued !== undefined) return continued;
  await parts.bringSource();
  const planned = await planVideo(pipeline);
  if ('rejection' in planned) return planned;
  const begun = await early.begun(planned.plan);
  return (await parts.start(planned)) ?? makePlanned({ ...pipeline, begun, onSpeed: metrics.encoded }, planned);
}

const addCaptions = async (run: VideoRun, encoded: EncodedVideo, { sha256 }: SourceVersion): Promise<EncodedVideo> => ({
  ...encoded,
  outputs: await takeAddedCaptions(run, encoded.outputs, sha256),
});

/** The MP4, and what is done with it. */
interface VideoResults {
  readonly restored: Restored;
  readonly keep: KeepCheckpoint;
  /** The folder in the bucket. */
  readonly prefix: string;
  readonly probe: ProbeResult;
  readonly video: EncodedVideo;
  /** Where it was encoded in parts, or was to be. */
  readonly split: SavedSplit | undefined;
}

/** Uploads the MP4 and what was made with it; pages can play it then, while the rest is made. */
async function publishVideo(
  run: VideoRun,
  { restored, keep, prefix, video }: VideoResults,
): Promise<readonly PublishedOutput[]> {
  const { services, payload, settings, context } = run;
  const published =
    restored.published ?? (await publishOutputs(run, { step: 'publish', prefix, outputs: video.outputs }));
  if (restored.published === undefined) await keep({ published: [...published] });
  if (outputsOf(settings.outputs, 'derive').length > 0)
    await services.videos.recordPublished(payload.videoId, published, context.signal);
  return published;
}

/** What came of it; a failure is no reason to end an upload of the video that people wait for. */
type Derived = { readonly value: DerivedOutputs | undefined } | { readonly error: unknown };

/** Saves the encode, then makes the rest of it, where there is any. */
async function deriveRest(run: VideoRun, results: VideoResults): Promise<Derived> {
  const { signal } = run.context;
  const { directory } = run.runDirectory;
  const { restored, keep, probe, video } = results;
  if (restored.encoded === undefined) await keepEncoded(run, results);
  if (results.split !== undefined) {
    await removeParts(run.services, run.payload, signal);
    await keep({ split: undefined });
  }
  // Frees its space: nothing else is made of the source. Not before the encode is saved: a killed run needs it.
  await rm(join(directory, INPUT_NAME), { force: true });
  if (outputsOf(run.settings.outputs, 'derive').length === 0) return { value: undefined };
  if (restored.derived !== undefined) return { value: restored.derived };
  try {
    const value = await deriveOutputs({ ...pipelineOf(run), probe, encoded: video });
    await keep({ derived: await saveDerived(directory, value, signal) });
    return { value };
  } catch (error) {
    signal.throwIfAborted();
    return { error };
  }
}

/** With checksums that tell a later run whether the files are still the verified ones. */
async function keepEncoded(run: VideoRun, { keep, probe, video: value, split }: VideoResults): Promise<void> {
  // The MP4 may not be among the outputs that were asked for; everything else is made of it.
  const names = new Set([basename(value.videoPath), ...value.outputs.map(({ name }) => name)]);
  const files = await checksumFiles(run.runDirectory.directory, [...names], run.context.signal);
  await keep({ encoded: { probe, value, files }, input: undefined, split: split && { id: split.id } });
}

const pipelineOf = ({ settings, runDirectory, services, context, runStep, space }: VideoRun) => ({
  settings,
  outDir: runDirectory.directory,
  tools: services.tools,
  signal: context.signal,
  runStep,
  space,
  diagnose: (error: unknown) => detectDiskFull(error, runDirectory.directory),
  triesAgain: context.attempt < context.attempts,
});

/** Runs work in a directory; a failure that a full disk explains says so. */
const detectingDiskFull =
  <T>(work: (runDirectory: RunDirectory) => Promise<T>) =>
  (runDirectory: RunDirectory): Promise<T> =>
    work(runDirectory).catch(async (error: unknown) => {
      throw await detectDiskFull(error, runDirectory.directory);
    });
