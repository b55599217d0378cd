/** A `video.part` job: fetches a part, encodes it, and puts what became of it beside it. */
import { join } from 'node:path';
import { toMediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { createStepRunner } from '@supabase-media/core/step-runner';
import { createThrottle } from '@supabase-media/core/throttle';
import { encodePart } from '@supabase-media/media/encode-part';
import type { JobContext, JobHandlers } from '@supabase-media/queue/job-type';
import { inSpan } from '@supabase-media/service/tracing';
import { removeObject } from '@supabase-media/storage/expected-object';
import { detectDiskFull } from '../../work-disk/detect-disk-full.ts';
import { withRunDirectory } from '../../work-disk/work-directory.ts';
import { checksumFile } from '../video-process/file-checksums.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import { partJobId, type VideoPartPayload, type VideoPartResult } from './contract.ts';
import { keysOf } from './part-keys.ts';
import { assertPartProved } from './prove-part.ts';
import { fetchPart, sendPart } from './transfer.ts';

const STEPS = [
  { name: 'download', title: 'Downloading a part', weight: 3, kind: 'transfer' },
  { name: 'encode', title: 'Encoding a part', weight: 90 },
  { name: 'publish', title: 'Uploading a part', weight: 3, kind: 'transfer' },
] as const;

const PROGRESS_EVERY_MS = 1000;

const CUT_NAME = 'cut';
const ENCODED_NAME = 'encoded.mp4';

/** What the queue calls for `video.part` jobs. */
export function createPartHandlers(services: WorkerServices): JobHandlers<VideoPartPayload, VideoPartResult> {
  const { log } = services;
  return {
    process: (payload, context) => processPart(services, payload, context),
    fail: async (payload, error, { cancel }) => {
      const { videoId, part } = payload;
      if (error.code === 'canceled') return true;
      log.warn({ event: 'part.failed', videoId, part, code: error.code }, `Part ${part} failed: ${error.message}`);
      // The video is encoded in one piece now: nobody needs the others.
      for (let other = 1; other <= payload.parts; other += 1)
        if (other !== part) await cancel?.(partJobId({ ...payload, part: other }));
      return true;
    },
    wait: async ({ videoId, part }, error) => {
      log.warn({ event: 'part.waiting', videoId, part, code: error.code }, `Part ${part}: ${error.message}`);
    },
  };
}

async function processPart(
  services: WorkerServices,
  payload: VideoPartPayload,
  context: JobContext,
): Promise<VideoPartResult> {
  const { config, storage, videos, admission, slots, tools, metrics } = services;
  const { videoId, part, parts, percent, frames } = payload;
  const { jobId, signal, recording } = context;
  const log = services.log.child({ jobId, videoId, part });
  assertPartProved(payload, storage.serviceRoleKey);
  const keys = keysOf(payload);
  log.info({ event: 'part.started' }, `Part ${part} of ${parts} of video ${videoId}`);
  const progress = createThrottle<number>({
    everyMs: PROGRESS_EVERY_MS,
    send: (done) => videos.recordProgress(videoId, 'encode', percent.from + (percent.to - percent.from) * done, signal),
    onError: (err) => log.debug({ err }, 'Progress could not be written'),
  });
  const runStep = createStepRunner({ steps: STEPS, log, timeStep: recording.stepStarted, inSpan, signal });
  const reservation = await admission.admit(payload.bytes, signal);
  try {
    // Nothing of it is kept: a part is soon fetched again.
    const options = { jobsDir: config.worker.jobsDir, jobId, keepAfter: () => 'nothing' as const };
    return await withRunDirectory(options, async ({ directory }) => {
      const [cut, encoded] = [join(directory, CUT_NAME), join(directory, ENCODED_NAME)];
      try {
        await slots.transfers.run(signal, () =>
          runStep('download', async () => {
            await fetchPart(services, { path: keys.cut, file: cut, sha256: payload.sha256, signal });
            return { value: undefined, summary: formatBytes(payload.bytes) };
          }),
        );
        await slots.encodes.run(signal, () =>
          runStep('encode', async () => {
            const began = performance.now();
            const { encode, sinceSeconds } = payload;
            const onProgress = ({ percent: done = 0 }) => progress.offer(done / 100);
            const whole = { ...encode, target: { ...encode.target, fps: undefined } };
            await encodePart({
              encode: whole,
              inputPath: cut,
              sinceSeconds,
              outputPath: encoded,
              tools,
              signal,
              onProgress,
            });
            const fps = encode.source.averageFps ?? 0;
            if (fps > 0) metrics.encoded((frames / fps / (performance.now() - began)) * 1000);
            return { value: undefined, summary: `${frames} frames` };
          }),
        );
        const { bytes, sha256 } = await checksumFile(directory, ENCODED_NAME, signal);
        await context.confirmLock();
        await slots.transfers.run(signal, () =>
          runStep('publish', async () => {
            await sendPart(services, { path: keys.encoded, file: encoded, signal });
            return { value: undefined, summary: formatBytes(bytes) };
          }),
        );
        await removeUnlessAwaited(services, payload, context, keys.encoded);
        return { bytes, sha256, frames };
      } catch (error) {
        throw await detectDiskFull(toMediaError(error), directory);
      }
    });
  } finally {
    reservation.release();
    await progress.stop();
  }
}

/** Whoever ended the video meanwhile has removed its parts, and knows nothing of this one. */
async function removeUnlessAwaited(
  { storage, config }: WorkerServices,
  { jobId }: VideoPartPayload,
  { isLive, signal }: JobContext,
  path: string,
): Promise<void> {
  if (isLive === undefined || (await isLive(jobId))) return;
  await removeObject({ connection: storage, bucket: config.resultBucket, path });
  signal.throwIfAborted();
}
