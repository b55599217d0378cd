/**
 * A `video.process` job, from the source in Storage to the results in Storage: download → probe → plan → encode →
 * publish the MP4 → derive the rest from it → upload that → record. How each is done stands in `steps/`, `ffmpeg/` and
 * `storage/`; this file only tells the story.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { VideoIdentity, Videos } from '../db/videos.ts';
import { MediaError, toMediaError } from '../errors.ts';
import { summarize } from '../ffmpeg/media-summary.ts';
import { probeMedia } from '../ffmpeg/probe.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { Admission } from '../io/admission.ts';
import { blameDisk } from '../io/blame-disk.ts';
import type { Slots } from '../io/slots.ts';
import { type RunDirectory, removeJobDirectory, runName, withRunDirectory } from '../io/work-directory.ts';
import type { ProbeResult } from '../media/media-info.ts';
import { type ConvertPlan, planProcessing, type Reason } from '../media/plan.ts';
import type { Rejection } from '../media/rejections.ts';
import { chooseSettings } from '../media/settings.ts';
import { formatBytes, formatRate } from '../observability/format.ts';
import type { Log } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { countRetry } from '../observability/metrics-uploads.ts';
import { createStepRunner, type StepProgress } from '../observability/steps.ts';
import { createThrottle } from '../observability/throttle.ts';
import type { VideoProcessPayload, VideoProcessResult } from '../queue/contract.ts';
import type { JobContext, VideoHandlers } from '../queue/job-runner.ts';
import { retry } from '../retry/retry.ts';
import { settingsKey } from '../steps/checkpoint.ts';
import { deriveOutputs, isDerived } from '../steps/derive.ts';
import { keepDerived } from '../steps/derived-files.ts';
import { describeEncoded, describeOutputs, describePlan, describeProbe } from '../steps/describe.ts';
import { type EncodedVideo, encodeVideo, explainOutcome, VIDEO_NAME } from '../steps/encode.ts';
import { proveFiles } from '../steps/file-proof.ts';
import type { LocalOutput } from '../steps/local-output.ts';
import { publishOutputs } from '../steps/publish.ts';
import { removeResults } from '../steps/remove-results.ts';
import { INPUT_NAME, restoreRun } from '../steps/restore.ts';
import { resultPrefix } from '../steps/result-keys.ts';
import { jobSteps } from '../steps/step-list.ts';
import { whatToKeep } from '../steps/what-to-keep.ts';
import { writeInfo } from '../steps/write-info.ts';
import type { StorageConnection } from '../storage/connection.ts';
import { downloadFile } from '../storage/download.ts';
import { type ObjectInfo, readObjectInfo } from '../storage/object-info.ts';
import { openResumeStore } from '../storage/resume-store.ts';

/** Progress is written this often at most, in milliseconds. */
const PROGRESS_EVERY_MS = 1000;

/** What the handlers are made from. */
export interface VideoServices {
  readonly config: Config;
  readonly storage: StorageConnection;
  readonly videos: Videos;
  readonly tools: MediaTools;
  readonly metrics: Metrics;
  readonly admission: Admission;
  /** How much of each kind of work goes on at the same time in this process. */
  readonly slots: { readonly encodes: Slots; readonly transfers: Slots };
  readonly log: Log;
}

/** Makes what the queue calls for `video.process` jobs. */
export function createVideoHandlers(services: VideoServices): VideoHandlers {
  const { config, videos, log } = services;
  return {
    process: (payload, context) => processVideo(services, payload, context),
    fail: async (payload, error, job) => {
      const { videoId } = payload;
      await removeJobDirectory(config.worker.workDir, job.jobId);
      if (error.code === 'canceled') {
        log.info({ event: 'video.canceled', videoId }, `Canceled: ${error.message}`);
        await removeResults(services, payload, job.checkpoint);
        await videos.recordEnding(videoId, { status: 'canceled', outputs: [] });
        return;
      }
      log.error({ event: 'video.failed', videoId, code: error.code, err: error }, `Failed: ${error.message}`);
      await videos.recordEnding(videoId, { status: 'failed', errorCode: error.code, errorMessage: error.message });
    },
    wait: async ({ videoId }, error) => {
      log.warn({ event: 'video.waiting', videoId, code: error.code }, `Will be tried again: ${error.message}`);
      await videos.recordWaiting(videoId, error.code, error.message);
    },
  };
}

async function processVideo(
  services: VideoServices,
  payload: VideoProcessPayload,
  context: JobContext,
): Promise<VideoProcessResult> {
  const { config, videos, tools, slots, metrics } = services;
  const { jobId, attempt, attempts, signal, recording } = context;
  const { videoId, source } = payload;
  const log = services.log.child({ jobId, videoId, attempt });
  log.info(
    { event: 'video.started' },
    `Video ${videoId}: ${source.bucket}/${source.path}, attempt ${attempt} of ${attempts}`,
  );
  const ended = context.checkpoint === undefined ? undefined : await findEnding(services, videoId, jobId);
  if (ended !== undefined) return ended;
  if (!(await videos.markProcessing(identityOf(payload), jobId, signal))) throw canceledMeanwhile(videoId);
  const settings = chooseSettings(config.media, payload);
  const sourceInfo = await findSource(services, source, signal);
  const release = await services.admission.admit(sourceInfo.size, signal);

  const progress = createThrottle<StepProgress>({
    everyMs: PROGRESS_EVERY_MS,
    send: async (now) => {
      await Promise.all([context.reportProgress(now), videos.recordProgress(videoId, now.step, now.percent, signal)]);
    },
    onError: (err) => log.debug({ err }, 'Progress could not be written'),
  });
  let planned: ConvertPlan | undefined;
  const steps = jobSteps(settings.outputs, () => planned);
  const runStep = createStepRunner({
    steps,
    log,
    onProgress: progress.offer,
    timeStep: recording.stepStarted,
    signal,
  });

  try {
    const keepAfter = (error: unknown) => whatToKeep(toMediaError(error), signal);
    const run = { workDir: config.worker.workDir, jobId, keepAfter };
    return await withRunDirectory(
      run,
      blamingDisk(async (place) => {
        const { directory } = place;
        const inputPath = join(directory, INPUT_NAME);
        const restored = await restoreRun({
          saved: context.checkpoint,
          source: sourceInfo,
          settings: settingsKey(settings),
          place,
          connection: services.storage,
          policy: config.upload,
          signal,
          log,
        });
        const checkpoint = { version: 1 as const, run: runName(directory), settings: settingsKey(settings) };

        const downloaded =
          restored.source ??
          (await slots.transfers.run(signal, () =>
            runStep('download', async (report) => {
              const { seconds, ...value } = await downloadFile({
                connection: services.storage,
                ...source,
                file: inputPath,
                clocks: config.upload,
                maxRetries: config.upload.maxRetries,
                signal,
                onProgress: (received, size) => report(received / size),
                onRetry: ({ error, waitMs }) => {
                  countRetry(metrics, 'download', error);
                  log.warn({ code: error.code, waitMs }, `${error.message} Again in ${waitMs} ms`);
                },
              });
              await videos.recordSource(videoId, value, signal);
              const summary = `${formatBytes(value.size)} at ${formatRate(value.size, seconds)}`;
              return { value: { ...value, etag: sourceInfo.etag }, summary };
            }),
          ));

        const prepare = async () => {
          const input = { name: INPUT_NAME, bytes: downloaded.size, sha256: downloaded.sha256 };
          await context.saveCheckpoint({ ...checkpoint, source: downloaded, input });
          const probe = await runStep('probe', async () => {
            const value = await probeMedia({ inputPath, tools, maxPixels: settings.policy.maxInputPixels, signal });
            return { value, summary: describeProbe(value) };
          });
          const plan = await runStep('plan', async () => {
            const value = planProcessing(probe, settings.policy);
            return { value, summary: describePlan(value) };
          });
          if (plan.action === 'reject') return { probe, rejection: plan.rejection };
          planned = plan;
          const value = await slots.encodes.run(signal, () =>
            runStep('encode', async (report) => {
              const began = performance.now();
              const value = await encodeVideo({
                plan,
                outputs: settings.outputs,
                inputPath,
                outDir: directory,
                tools,
                signal,
                onProgress: ({ percent, speed, etaSeconds }) => report((percent ?? 0) / 100, { speed, etaSeconds }),
              });
              if (value.outcome === 'processed')
                metrics.encoded((value.info.durationSeconds * 1000) / (performance.now() - began));
              return { value, summary: describeEncoded(value) };
            }),
          );
          if (value.outcome === 'rejected') return { probe, rejection: value.rejection };
          // Room for what comes: nothing else is made of the source.
          await rm(inputPath, { force: true });
          return { probe, value, files: await proveFiles(directory, namesOf(value), signal) };
        };
        const prepared = restored.encoded ?? (await prepare());
        if ('rejection' in prepared) return recordRejection(services, payload, prepared.probe, prepared.rejection);
        const { probe, value: encoded } = prepared;
        const afterEncode = { ...checkpoint, source: downloaded, encoded: prepared };
        if (restored.encoded === undefined) await context.saveCheckpoint(afterEncode);

        const prefix = resultPrefix({ project: payload.project, videoId, sourceSha256: downloaded.sha256, settings });
        const publish = (step: 'publish' | 'upload', outputs: readonly LocalOutput[]) =>
          slots.transfers.run(signal, () =>
            runStep(step, async (report) => {
              const value = await publishOutputs({
                connection: services.storage,
                policy: config.upload,
                resumeStore: openResumeStore(config.upload.stateDir),
                bucket: config.resultBucket,
                prefix,
                outputs,
                signal,
                log,
                metrics,
                onProgress: (sent, total) => report(sent / total),
              });
              return { value, summary: `${describeOutputs(outputs)} in ${config.resultBucket}` };
            }),
          );
        const published = [...(restored.published ?? (await publish('publish', encoded.outputs)))];
        const afterPublish = { ...afterEncode, published: [...published] };
        if (restored.published === undefined) await context.saveCheckpoint(afterPublish);

        if (settings.outputs.some(isDerived)) {
          await videos.recordPublished(videoId, published, signal);
          const derive = () =>
            slots.encodes.run(signal, () =>
              runStep('derive', async (report) => {
                const derived = await deriveOutputs({
                  encoded,
                  outputs: settings.outputs,
                  policy: settings.policy,
                  outDir: directory,
                  tools,
                  signal,
                  onProgress: ({ percent, speed, etaSeconds }) => report((percent ?? 0) / 100, { speed, etaSeconds }),
                });
                const info = settings.outputs.includes('info')
                  ? [await writeInfo({ outDir: directory, profile: settings.profile, probe, encoded, derived, tools })]
                  : [];
                return { value: [...derived.outputs, ...info], summary: describeOutputs(derived.outputs) };
              }),
            );
          const derived = restored.derived?.outputs ?? (await derive());
          const proof = restored.derived?.proof ?? (await keepDerived(directory, derived, signal));
          await context.saveCheckpoint({ ...afterPublish, derived: proof });
          published.push(...(await publish('upload', derived)));
        }

        return await runStep('record', async () => {
          const { outcome, reasons, warnings } = encoded;
          const reason = explainOutcome(outcome, reasons);
          const facts = {
            input: summarize(probe),
            output: summarize(encoded.info),
            profile: settings.profile,
            reasons,
            warnings,
            ffmpeg: tools.ffmpeg.version,
          };
          await progress.stop();
          await context.confirmClaim();
          const ending = { status: 'ready', outcome, facts, outputs: published } as const;
          if (!(await videos.recordEnding(videoId, ending))) throw canceledMeanwhile(videoId);
          return { value: { videoId, outcome, reason, outputs: published }, summary: `${outcome}: ${reason}` };
        });
      }),
    );
  } finally {
    release();
    await progress.stop();
  }
}

/** Runs work in a directory; what fails because its disk is full says so. */
const blamingDisk =
  <T>(work: (place: RunDirectory) => Promise<T>) =>
  (place: RunDirectory): Promise<T> =>
    work(place).catch(async (error: unknown) => {
      throw await blameDisk(error, place.directory);
    });

/**
 * What an earlier run of the same job recorded as its last deed, before the queue learned of it: nothing is left to do.
 * A job that was requeued has no checkpoint, and is run.
 */
async function findEnding(
  { videos, log }: VideoServices,
  videoId: string,
  jobId: string,
): Promise<VideoProcessResult | undefined> {
  const row = await videos.find(videoId);
  if (row?.job_id !== jobId || row.outcome === null) return undefined;
  if (row.status !== 'ready' && row.status !== 'rejected') return undefined;
  log.info({ event: 'video.recorded_before', jobId, videoId }, `Video ${videoId} was ${row.status} already`);
  const { outcome, outputs } = row;
  if (outcome === 'rejected')
    return { videoId, outcome, code: row.error_code ?? undefined, reason: row.error_message ?? undefined, outputs };
  const reasons = Array.isArray(row.facts.reasons) ? (row.facts.reasons as readonly Reason[]) : [];
  return { videoId, outcome, reason: explainOutcome(outcome, reasons), outputs };
}

const namesOf = (encoded: EncodedVideo): string[] => [
  ...new Set([VIDEO_NAME, ...encoded.outputs.map(({ name }) => name)]),
];

/** A file that cannot be made playable is a result, not a failure: trying again would say the same. */
async function recordRejection(
  services: VideoServices,
  { videoId }: VideoProcessPayload,
  probe: ProbeResult,
  { code, reason }: Rejection,
): Promise<VideoProcessResult> {
  services.log.info({ event: 'video.rejected', videoId, code }, `Rejected: ${reason}`);
  const facts = { input: summarize(probe), ffmpeg: services.tools.ffmpeg.version };
  const ending = { status: 'rejected', outcome: 'rejected', errorCode: code, errorMessage: reason, facts } as const;
  if (!(await services.videos.recordEnding(videoId, ending))) throw canceledMeanwhile(videoId);
  return { videoId, outcome: 'rejected', code, reason, outputs: [] };
}

const canceledMeanwhile = (videoId: string): MediaError =>
  new MediaError({ code: 'canceled', message: `Video ${videoId} was canceled or removed (in its row).` });

/** @throws {MediaError} `object_missing`, or what Storage answers. */
async function findSource(
  { storage, config }: VideoServices,
  source: VideoProcessPayload['source'],
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const info = await retry(() => readObjectInfo(storage, source, signal), {
    retries: config.upload.maxRetries,
    signal,
  });
  if (info !== undefined) return info;
  throw new MediaError({
    code: 'object_missing',
    message: `Downloading ${source.bucket}/${source.path}: there is no such object.`,
  });
}

const identityOf = (payload: VideoProcessPayload): VideoIdentity => ({
  id: payload.videoId,
  ownerId: payload.ownerId,
  project: payload.project,
  sourceBucket: payload.source.bucket,
  sourcePath: payload.source.path,
});
