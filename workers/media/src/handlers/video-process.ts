/**
 * A `video.process` job, from the source in Storage to the results in Storage: download → probe → plan → encode →
 * publish the MP4 → derive the rest from it → upload that → record. How each is done stands in `steps/`, `ffmpeg/` and
 * `storage/`; this file only tells the story.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { VideoIdentity, Videos } from '../db/videos.ts';
import { summarize } from '../ffmpeg/media-summary.ts';
import { probeMedia } from '../ffmpeg/probe.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import { assertRoomFor, withWorkDirectory } from '../io/work-directory.ts';
import type { ProbeResult } from '../media/media-info.ts';
import { type ConvertPlan, planProcessing } from '../media/plan.ts';
import type { Rejection } from '../media/rejections.ts';
import { chooseSettings } from '../media/settings.ts';
import { formatBytes, formatRate } from '../observability/format.ts';
import type { Log } from '../observability/logger.ts';
import { createStepRunner, type StepProgress } from '../observability/steps.ts';
import { createThrottle } from '../observability/throttle.ts';
import type { JobContext, VideoHandlers } from '../queue/consumer.ts';
import type { VideoProcessPayload, VideoProcessResult } from '../queue/contract.ts';
import { deriveOutputs, isDerived } from '../steps/derive.ts';
import { describeEncoded, describeOutputs, describePlan, describeProbe } from '../steps/describe.ts';
import { encodeVideo, explainOutcome } from '../steps/encode.ts';
import type { LocalOutput } from '../steps/local-output.ts';
import { publishOutputs } from '../steps/publish.ts';
import { resultPrefix } from '../steps/result-keys.ts';
import { jobSteps } from '../steps/step-list.ts';
import { writeInfo } from '../steps/write-info.ts';
import type { StorageConnection } from '../storage/connection.ts';
import { downloadFile } from '../storage/download.ts';
import { openResumeStore } from '../storage/resume-store.ts';

/** Progress is written this often at most, in milliseconds. */
const PROGRESS_EVERY_MS = 1000;

/** What the handlers are made from. */
export interface VideoServices {
  readonly config: Config;
  readonly storage: StorageConnection;
  readonly videos: Videos;
  readonly tools: MediaTools;
  readonly log: Log;
}

/** Makes what the queue calls for `video.process` jobs. */
export function createVideoHandlers(services: VideoServices): VideoHandlers {
  const { videos, log } = services;
  return {
    process: (payload, context) => processVideo(services, payload, context),
    fail: async ({ videoId }, error) => {
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
  const { config, videos, tools } = services;
  const { jobId, attempt, attempts, signal } = context;
  const { videoId, source } = payload;
  const log = services.log.child({ jobId, videoId, attempt });
  log.info(
    { event: 'video.started' },
    `Video ${videoId}: ${source.bucket}/${source.path}, attempt ${attempt} of ${attempts}`,
  );
  await videos.markProcessing(identityOf(payload), jobId);

  const progress = createThrottle<StepProgress>({
    everyMs: PROGRESS_EVERY_MS,
    send: async (now) => {
      await Promise.all([context.reportProgress(now), videos.recordProgress(videoId, now.step, now.percent, signal)]);
    },
    onError: (err) => log.debug({ err }, 'Progress could not be written'),
  });
  const settings = chooseSettings(config.media, payload);
  let planned: ConvertPlan | undefined;
  const steps = jobSteps(settings.outputs, () => planned);
  const runStep = createStepRunner({ steps, log, onProgress: progress.offer });

  try {
    return await withWorkDirectory({ workDir: config.worker.workDir, jobId }, async (directory) => {
      // Without an extension: a name must not tell ffmpeg what a file is.
      const inputPath = join(directory, 'input');

      const downloaded = await runStep('download', async (report) => {
        const value = await downloadFile({
          connection: services.storage,
          ...source,
          file: inputPath,
          clocks: config.upload,
          maxRetries: config.upload.maxRetries,
          signal,
          onSize: (bytes) => assertRoomFor(directory, bytes),
          onProgress: (received, size) => report(received / size),
          onRetry: ({ error, waitMs }) =>
            log.warn({ code: error.code, waitMs }, `${error.message} Again in ${waitMs} ms`),
        });
        await videos.recordSource(videoId, value);
        return { value, summary: `${formatBytes(value.size)} at ${formatRate(value.size, value.seconds)}` };
      });

      const probe = await runStep('probe', async () => {
        const value = await probeMedia({ inputPath, tools, maxPixels: settings.policy.maxInputPixels, signal });
        return { value, summary: describeProbe(value) };
      });

      const plan = await runStep('plan', async () => {
        const value = planProcessing(probe, settings.policy);
        return { value, summary: describePlan(value) };
      });
      if (plan.action === 'reject') return recordRejection(services, payload, probe, plan.rejection);
      planned = plan;

      const encoded = await runStep('encode', async (report) => {
        const value = await encodeVideo({
          plan,
          outputs: settings.outputs,
          inputPath,
          outDir: directory,
          tools,
          signal,
          onProgress: ({ percent, speed, etaSeconds }) => report((percent ?? 0) / 100, { speed, etaSeconds }),
        });
        return { value, summary: describeEncoded(value) };
      });
      if (encoded.outcome === 'rejected') return recordRejection(services, payload, probe, encoded.rejection);

      // Room for what comes: nothing else is made of the source.
      await rm(inputPath, { force: true });

      const prefix = resultPrefix({ project: payload.project, videoId, sourceSha256: downloaded.sha256, settings });
      const publish = async (outputs: readonly LocalOutput[], report: (done: number) => void) => {
        const value = await publishOutputs({
          connection: services.storage,
          policy: config.upload,
          resumeStore: openResumeStore(config.upload.stateDir),
          bucket: config.resultBucket,
          prefix,
          outputs,
          signal,
          log,
          onProgress: (sent, total) => report(sent / total),
        });
        return { value, summary: `${describeOutputs(outputs)} in ${config.resultBucket}` };
      };
      const published = await runStep('publish', (report) => publish(encoded.outputs, report));

      if (settings.outputs.some(isDerived)) {
        await videos.recordPublished(videoId, published);
        const derived = await runStep('derive', async (report) => {
          const value = await deriveOutputs({
            encoded,
            outputs: settings.outputs,
            policy: settings.policy,
            outDir: directory,
            tools,
            signal,
            onProgress: ({ percent, speed, etaSeconds }) => report((percent ?? 0) / 100, { speed, etaSeconds }),
          });
          return { value, summary: describeOutputs(value.outputs) };
        });
        const info = settings.outputs.includes('info')
          ? [await writeInfo({ outDir: directory, profile: settings.profile, probe, encoded, derived, tools })]
          : [];
        const rest = await runStep('upload', (report) => publish([...derived.outputs, ...info], report));
        published.push(...rest);
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
        await videos.recordEnding(videoId, { status: 'ready', outcome, facts, outputs: published });
        return { value: { videoId, outcome, reason, outputs: published }, summary: `${outcome}: ${reason}` };
      });
    });
  } finally {
    await progress.stop();
  }
}

/** A file that cannot be made playable is a result, not a failure: trying again would say the same. */
async function recordRejection(
  services: VideoServices,
  { videoId }: VideoProcessPayload,
  probe: ProbeResult,
  { code, reason }: Rejection,
): Promise<VideoProcessResult> {
  services.log.info({ event: 'video.rejected', videoId, code }, `Rejected: ${reason}`);
  const facts = { input: summarize(probe), ffmpeg: services.tools.ffmpeg.version };
  await services.videos.recordEnding(videoId, {
    status: 'rejected',
    outcome: 'rejected',
    errorCode: code,
    errorMessage: reason,
    facts,
  });
  return { videoId, outcome: 'rejected', code, reason, outputs: [] };
}

const identityOf = (payload: VideoProcessPayload): VideoIdentity => ({
  id: payload.videoId,
  ownerId: payload.ownerId,
  project: payload.project,
  sourceBucket: payload.source.bucket,
  sourcePath: payload.source.path,
});
