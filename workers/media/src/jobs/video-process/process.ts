/**
 * A `video.process` job, from the source in Storage to the results in Storage: download → probe → plan → encode →
 * publish the MP4 → derive the rest from it → upload that → record. How each is done stands in `video-process/` and,
 * below that, in `steps/`, `ffmpeg/` and `storage/`; this file only tells the story.
 */

import type { VideoProcessResult } from '@supabase-media/client/contract';
import { toMediaError } from '@supabase-media/core/errors';
import { createStepRunner, type StepProgress } from '@supabase-media/core/step-runner';
import { createThrottle } from '@supabase-media/core/throttle';
import type { VideoIdentity } from '@supabase-media/database/videos';
import type { ConvertPlan } from '@supabase-media/media/plan/plan';
import { chooseSettings } from '@supabase-media/media/plan/settings';
import { isDerived } from '@supabase-media/media/steps/derive';
import { deriveResults } from '@supabase-media/media/steps/derive-results';
import { resultPrefix } from '@supabase-media/media/steps/result-keys';
import { jobSteps } from '@supabase-media/media/steps/step-list';
import type { JobContext } from '@supabase-media/queue/job-type';
import { inSpan } from '@supabase-media/service/tracing';
import { detectDiskFull } from '../../work-disk/detect-disk-full.ts';
import { type RunDirectory, removeJobDirectory, withRunDirectory } from '../../work-disk/work-directory.ts';
import { settingsKey } from './checkpoint.ts';
import { cleanupPolicy } from './cleanup-policy.ts';
import type { VideoHandlers, VideoProcessPayload } from './contract.ts';
import { keepDerived } from './derived-files.ts';
import { downloadSource, findSource } from './download-source.ts';
import { encodeSource, removeSource } from './encode-source.ts';
import { publishResults } from './publish-results.ts';
import { canceledMeanwhile, findFinalStatus, recordReady, recordRejection } from './record-outcome.ts';
import { removeResults } from './remove-results.ts';
import { removeStaleResults } from './remove-stale-results.ts';
import { reserveDisk } from './reserve-disk.ts';
import { INPUT_NAME, restoreRun } from './restore.ts';
import type { VideoRun, VideoServices } from './video-run.ts';

/** Progress is written this often at most, in milliseconds. */
const PROGRESS_EVERY_MS = 1000;

/** Makes what the queue calls for `video.process` jobs. */
export function createVideoHandlers(services: VideoServices): VideoHandlers {
  const { config, videos, log } = services;
  return {
    process: (payload, context) => processVideo(services, payload, context),
    fail: async (payload, error, job) => {
      const { videoId } = payload;
      await removeJobDirectory({ jobsDir: config.worker.jobsDir, jobId: job.jobId });
      // The other end of `cancelVideo` (packages/client): the row mostly says so already, what the job made goes here.
      if (error.code === 'canceled') {
        log.info({ event: 'video.canceled', videoId }, `Canceled: ${error.message}`);
        // The row first, which people look at; the job stays ours until its objects are gone, too.
        await videos.recordFinalStatus(videoId, { status: 'canceled', outputs: [] });
        await removeResults(services, payload, job.checkpoint);
        return true;
      }
      const ending = { status: 'failed', errorCode: error.code, errorMessage: error.message } as const;
      if (!(await videos.recordFinalStatus(videoId, ending))) return false;
      log.error({ event: 'video.failed', videoId, code: error.code, err: error }, `Failed: ${error.message}`);
      return true;
    },
    wait: async ({ videoId }, error) => {
      log.warn({ event: 'video.waiting', videoId, code: error.code }, `Will be tried again: ${error.message}`);
      await videos.recordWaiting(videoId, error.code, error.message);
    },
  };
}

/** Looks whether there is anything to do, waits for room, and runs the steps in a directory of their own. */
async function processVideo(
  services: VideoServices,
  payload: VideoProcessPayload,
  context: JobContext,
): Promise<VideoProcessResult> {
  const { config, videos } = services;
  const { jobId, attempt, attempts, signal, recording } = context;
  const { videoId } = payload;
  const log = services.log.child({ jobId, videoId, attempt });
  const { bucket, path } = payload.source;
  log.info({ event: 'video.started' }, `Video ${videoId}: ${bucket}/${path}, attempt ${attempt} of ${attempts}`);
  const ended = context.checkpoint === undefined ? undefined : await findFinalStatus(services, { videoId, jobId });
  if (ended !== undefined) return ended;
  if (!(await videos.markProcessing(identityOf(payload), jobId, signal))) throw canceledMeanwhile(videoId);
  const settings = chooseSettings(config.media, payload);
  const source = await findSource(services, payload.source, signal);
  const leave = await reserveDisk(services, { source, settings, context });

  const progress = createThrottle<StepProgress>({
    everyMs: PROGRESS_EVERY_MS,
    send: async (now) => {
      await Promise.all([context.reportProgress(now), videos.recordProgress(videoId, now.step, now.percent, signal)]);
    },
    onError: (err) => log.debug({ err }, 'Progress could not be written'),
  });
  let plan: ConvertPlan | undefined;
  const runStep = createStepRunner({
    steps: jobSteps(settings.outputs, () => plan),
    log,
    onProgress: progress.offer,
    timeStep: recording.stepStarted,
    inSpan,
    signal,
  });
  const run = { services, payload, context, settings, source, runStep, endProgress: progress.stop, log };
  const onPlan = (made: ConvertPlan) => {
    plan = made;
  };
  const keepAfter = (error: unknown) => cleanupPolicy(toMediaError(error), signal);
  try {
    return await withRunDirectory(
      { jobsDir: config.worker.jobsDir, jobId, keepAfter },
      detectingDiskFull((place) => runSteps({ ...run, onPlan, place })),
    );
  } finally {
    leave();
    await progress.stop();
  }
}

/** The steps. Each result is kept before the next step begins; what an earlier run kept, and proves, is not made again. */
async function runSteps(run: VideoRun): Promise<VideoProcessResult> {
  const { services, payload, context, settings, place, runStep, log } = run;
  const { config, storage, tools, videos } = services;
  const { signal, saveCheckpoint } = context;
  const { videoId, project } = payload;
  await removeStaleResults(run);
  const base = { version: 1 as const, settings: settingsKey(settings) };
  const restored = await restoreRun({
    saved: context.checkpoint,
    source: run.source,
    settings: base.settings,
    place,
    connection: storage,
    policy: config.upload,
    signal,
    confirm: context.confirmLock,
    log,
  });

  const source = restored.source ?? (await downloadSource(run));
  const input = { name: INPUT_NAME, bytes: source.size, sha256: source.sha256 };
  if (restored.source === undefined) await saveCheckpoint({ ...base, source, input });

  const encoded = restored.encoded ?? (await encodeSource(run));
  if ('rejection' in encoded) return recordRejection(run, encoded);
  const prefix = resultPrefix({ project, videoId, sourceSha256: source.sha256, settings });
  const results = { bucket: config.resultBucket, folder: prefix };
  const afterEncode = { ...base, source, encoded, results };
  if (restored.encoded === undefined) await saveCheckpoint(afterEncode);
  await removeSource(run);

  const { probe, value: video } = encoded;
  const published =
    restored.published ?? (await publishResults(run, { step: 'publish', prefix, outputs: video.outputs }));
  const afterPublish = { ...afterEncode, published };
  if (restored.published === undefined) await saveCheckpoint(afterPublish);
  if (!settings.outputs.some(isDerived)) return recordReady(run, { probe, encoded: video, outputs: published });

  await videos.recordPublished(videoId, published, signal);
  const outDir = place.directory;
  const derived =
    restored.derived ?? (await deriveResults({ probe, encoded: video, settings, outDir, tools, signal, runStep }));
  if (restored.derived === undefined)
    await saveCheckpoint({ ...afterPublish, derived: await keepDerived(outDir, derived, signal) });
  const uploaded = await publishResults(run, { step: 'upload', prefix, outputs: derived });
  return recordReady(run, { probe, encoded: video, outputs: [...published, ...uploaded] });
}

/** Runs work in a directory; what fails because its disk is full says so. */
const detectingDiskFull =
  <T>(work: (place: RunDirectory) => Promise<T>) =>
  (place: RunDirectory): Promise<T> =>
    work(place).catch(async (error: unknown) => {
      throw await detectDiskFull(error, place.directory);
    });

const identityOf = (payload: VideoProcessPayload): VideoIdentity => ({
  id: payload.videoId,
  ownerId: payload.ownerId,
  project: payload.project,
  sourceBucket: payload.source.bucket,
  sourcePath: payload.source.path,
});
