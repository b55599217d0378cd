/**
 * The story of a `video.process` job, from the source in Storage to the results in Storage: download → probe → plan →
 * encode → publish the MP4 → derive the rest from it → upload that → record. Each step is one call deep: into a file
 * beside this one, or into the package `media`.
 */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { VideoProcessResult } from '@supabase-media/client/contract';
import { toMediaError } from '@supabase-media/core/errors';
import { createStepRunner, type StepProgress } from '@supabase-media/core/step-runner';
import { createThrottle } from '@supabase-media/core/throttle';
import { outputsOf } from '@supabase-media/media/outputs';
import { deriveOutputs, makeVideo } from '@supabase-media/media/pipeline';
import type { ConvertPlan } from '@supabase-media/media/plan';
import { chooseSettings } from '@supabase-media/media/settings';
import type { JobContext } from '@supabase-media/queue/job-type';
import { inSpan } from '@supabase-media/service/tracing';
import { detectDiskFull } from '../../work-disk/detect-disk-full.ts';
import { type RunDirectory, withRunDirectory } from '../../work-disk/work-directory.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import { takeAddedCaptions } from './added-captions.ts';
import { INPUT_NAME, inputChecksum, saveDerived, settingsKey } from './checkpoint.ts';
import { cleanupPolicy } from './cleanup-policy.ts';
import type { VideoHandlers, VideoProcessPayload } from './contract.ts';
import { downloadSource, findSource } from './download.ts';
import { checksumFiles } from './file-checksums.ts';
import { findOutputSpace } from './output-space.ts';
import { publishOutputs } from './publish.ts';
import { canceledMeanwhile, findFinalStatus, recordFailure, recordReady, recordRejection } from './record.ts';
import { removeStaleResults } from './remove-results.ts';
import { reserveDisk, restoreRun } from './restore.ts';
import { resultPrefix } from './result-keys.ts';
import { jobSteps } from './steps.ts';
import { identityOf } from './video-identity.ts';
import type { VideoRun } from './video-run.ts';

/** Progress is written at most this often, in milliseconds. */
const PROGRESS_EVERY_MS = 1000;

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
  const run = { services, payload, context, settings, source, reservation, runStep, onPlan, endProgress, log };
  const keepAfter = (error: unknown) => cleanupPolicy(toMediaError(error), signal);
  try {
    return await withRunDirectory(
      { jobsDir: config.worker.jobsDir, jobId, keepAfter },
      detectingDiskFull(async (runDirectory) => {
        const here = { ...run, runDirectory };
        return runSteps({ ...here, space: await findOutputSpace(here) });
      }),
    );
  } finally {
    reservation.release();
    await progress.stop();
  }
}

/** The steps. Each result is saved before the next step begins; what an earlier run left unchanged is not made again. */
async function runSteps(run: VideoRun): Promise<VideoProcessResult> {
  const { services, payload, context, settings, runDirectory } = run;
  const { signal, saveCheckpoint } = context;
  const { directory } = runDirectory;
  await removeStaleResults(run);
  const base = { version: 1 as const, settings: settingsKey(settings) };
  const restored = await restoreRun({
    saved: context.checkpoint,
    source: run.source,
    settings: base.settings,
    runDirectory,
    connection: services.storage,
    policy: services.config.upload,
    signal,
    confirm: context.confirmLock,
    log: run.log,
  });

  const source = restored.source ?? (await downloadSource(run));
  if (restored.source === undefined) await saveCheckpoint({ ...base, source, input: inputChecksum(source) });

  const encoded = restored.encoded ?? (await encodeSource(run, source.sha256));
  if ('rejection' in encoded) return recordRejection(run, encoded);
  const prefix = resultPrefix({ ...payload, sourceSha256: source.sha256, settings });
  const results = { bucket: services.config.resultBucket, folder: prefix };
  const afterEncode = { ...base, source, encoded, results };
  if (restored.encoded === undefined) await saveCheckpoint(afterEncode);
  // Frees its space: nothing else is made of the source. Not before the encode is saved: a killed run needs it.
  await rm(join(directory, INPUT_NAME), { force: true });

  const { probe, value: video } = encoded;
  const published =
    restored.published ?? (await publishOutputs(run, { step: 'publish', prefix, outputs: video.outputs }));
  const afterPublish = { ...afterEncode, published };
  if (restored.published === undefined) await saveCheckpoint(afterPublish);
  if (outputsOf(settings.outputs, 'derive').length === 0)
    return recordReady(run, { probe, encoded: video, outputs: published });

  await services.videos.recordPublished(payload.videoId, published, signal);
  const derived = restored.derived ?? (await deriveOutputs({ ...pipelineOf(run), probe, encoded: video }));
  if (restored.derived === undefined)
    await saveCheckpoint({ ...afterPublish, derived: await saveDerived(directory, derived, signal) });
  const uploaded = await publishOutputs(run, { step: 'upload', prefix, outputs: derived.outputs });
  const { warnings } = derived;
  return recordReady(run, { probe, encoded: { ...video, warnings }, outputs: [...published, ...uploaded] });
}

/** Probe, plan and encode, with checksums that tell a later run whether the files are still the verified ones. */
async function encodeSource(run: VideoRun, sourceSha256: string) {
  const { slots, metrics } = run.services;
  const { signal } = run.context;
  const { directory } = run.runDirectory;
  const made = await makeVideo({
    ...pipelineOf(run),
    inputPath: join(directory, INPUT_NAME),
    onPlan: run.onPlan,
    waitForTurn: (encode) => slots.encodes.run(signal, encode),
    onSpeed: metrics.encoded,
  });
  if ('rejection' in made) return made;
  const { probe, encoded } = made;
  const value = { ...encoded, outputs: await takeAddedCaptions(run, encoded.outputs, sourceSha256) };
  // The MP4 may not be among the outputs that were asked for; everything else is made of it.
  const names = new Set([basename(value.videoPath), ...value.outputs.map(({ name }) => name)]);
  return { probe, value, files: await checksumFiles(directory, [...names], signal) };
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
