/**
 * The producer's side, exported as `@supabase-media/client`: put a video into the queue, wait for it, cancel it.
 *
 *     const queue = await openQueueClient({ databaseUrl: process.env.DATABASE_URL });
 *     const { videoId } = await queue.enqueueVideo({ source: { bucket: 'project-videos', path } });
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { withTimeout } from '@supabase-media/core/with-timeout';
import type { OutputKind } from '@supabase-media/media/outputs';
import type { ProfileName } from '@supabase-media/media/profiles';
import type { Job, Queue, Telemetry } from 'bullmq';
import { z } from 'zod';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { type CancelFlags, openCancelFlags } from './cancel-flags.ts';
import {
  PAYLOAD_VERSION,
  VIDEO_PROCESS,
  type VideoProcessPayload,
  type VideoProcessResult,
  type VideoProgress,
  videoProcessPayload,
} from './contract.ts';
import { isFinished, isWaiting } from './job-states.ts';
import { openQueue } from './open-queue.ts';
import { JOB_POLICY, type JobPriority, jobOptions } from './policy.ts';
import { QUEUE_NAME } from './queue-names.ts';
import { videoIdOf } from './video-id.ts';
import { waitForJob } from './wait.ts';
import { NEW_METADATA, readWorkerMetadata, withWorkerMetadata } from './worker-metadata.ts';

/** A video to process. */
export interface EnqueueVideoRequest {
  readonly source: { readonly bucket: string; readonly path: string };
  /** A UUID; left out, it is made from the source, so that the same source is always the same video. */
  readonly videoId?: string | undefined;
  readonly ownerId?: string | undefined;
  /** First segment of the results' keys; `default` unless told. */
  readonly project?: string | undefined;
  /** What to make; left out, what the worker is set to. */
  readonly outputs?: readonly OutputKind[] | undefined;
  readonly profile?: ProfileName | undefined;
  /** Which jobs go first; `normal` unless told. */
  readonly priority?: JobPriority | undefined;
  /** Called before a job is added, not when one is already there: the place to write the video's row. */
  readonly beforeAdd?: (payload: VideoProcessPayload, jobId: string) => Promise<void>;
}

/** What became of a request: a new job, one that is already waiting or running, or a finished one run again. */
export interface EnqueueVideoAnswer {
  readonly videoId: string;
  readonly jobId: string;
  readonly state: 'created' | 'existing' | 'requeued';
}

/**
 * What became of a request to cancel. `canceled`: the job was waiting and is gone; its row is the caller's to write.
 * `canceling`: a worker stops it within 2 s and writes the row. `finished`: it had come to its end. `unknown`: there is
 * no such job.
 */
export interface CancelVideoAnswer {
  readonly videoId: string;
  readonly state: 'canceled' | 'canceling' | 'finished' | 'unknown';
}

export interface WaitForVideoOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: VideoProgress) => void;
}

/** A producer's connection to the queue. */
export interface QueueClient {
  /**
   * @throws {MediaError} `invalid_argument` for a request that does not fit the contract; `queue_failed`.
   */
  readonly enqueueVideo: (request: EnqueueVideoRequest) => Promise<EnqueueVideoAnswer>;
  /**
   * Cancels a video's job wherever it waits or runs.
   *
   * @throws {MediaError} `queue_failed`.
   */
  readonly cancelVideo: (videoId: string) => Promise<CancelVideoAnswer>;
  /**
   * @throws {MediaError} `job_failed` with the job's reason; `aborted` when the signal ended the wait.
   */
  readonly waitForVideo: (jobId: string, options?: WaitForVideoOptions) => Promise<VideoProcessResult>;
  readonly close: () => Promise<void>;
}

export const jobIdOf = (videoId: string): string => `video-${videoId}`;

function toPayload(request: EnqueueVideoRequest): VideoProcessPayload {
  const parsed = videoProcessPayload.safeParse({
    version: PAYLOAD_VERSION,
    videoId: request.videoId ?? videoIdOf(request.source),
    ownerId: request.ownerId,
    project: request.project ?? 'default',
    outputs: request.outputs && [...request.outputs],
    profile: request.profile,
    source: request.source,
  });
  if (parsed.success) return parsed.data;
  throw new MediaError({
    code: 'invalid_argument',
    message: `The video cannot be enqueued: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ')}`,
  });
}

/** Closing cannot end a look for events that has just begun: it lasts this long at most, in milliseconds. */
const EVENTS_BLOCK_MS = 1000;

/** What asks in the moment of closing may never be answered, nor a queue that is away: in milliseconds. */
const CLOSE_MS = 1500;

/**
 * Waits until the events are listened to. Closed before, BullMQ 6.7 opens its listening connection to PostgreSQL after
 * it has closed the others, and keeps it for as long as the process lives.
 */
async function untilListening(events: object, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (events as { blocking?: boolean }).blocking !== true)
    await sleep(10, undefined, { signal }).catch(() => {});
}

/** A canceled job stops within 2 s, and then its objects are removed; in milliseconds. */
const CANCELING_MS = 5000;
const CANCELING_LOOK_MS = 100;

/** The queue and the requests to cancel beside it. */
interface QueueSide {
  readonly queue: Queue;
  readonly flags: CancelFlags;
}

async function enqueue({ queue, flags }: QueueSide, request: EnqueueVideoRequest): Promise<EnqueueVideoAnswer> {
  const payload = toPayload(request);
  const { videoId } = payload;
  const jobId = jobIdOf(videoId);
  const earlier = (await queue.getJob(jobId)) as Job | undefined;
  if (earlier !== undefined) {
    const state = await untilCanceled(flags, earlier);
    if (!isFinished(state)) return { videoId, jobId, state: 'existing' };
    // A finished job keeps its id, and BullMQ silently ignores a second job of the same id.
    await request.beforeAdd?.(payload, jobId);
    await flags.lower(jobId);
    return { videoId, jobId, state: (await requeue(earlier, state, payload, request)) ? 'requeued' : 'existing' };
  }
  await request.beforeAdd?.(payload, jobId);
  const own = randomUUID();
  const data = withWorkerMetadata(payload, { ...NEW_METADATA, request: own });
  await queue.add(VIDEO_PROCESS, data, { jobId, ...jobOptions(JOB_POLICY[VIDEO_PROCESS], request.priority) });
  // Of two producers at once, BullMQ keeps the first one's job and tells neither.
  const kept = await queue.getJob(jobId);
  const isOurs = kept === undefined || readWorkerMetadata(kept.data).request === own;
  return { videoId, jobId, state: isOurs ? 'created' : 'existing' };
}

/**
 * The state of a job. One that is being canceled is about to end, and nobody is served by hearing that it exists: its
 * end is waited for, {@link CANCELING_MS} at most.
 */
async function untilCanceled(flags: CancelFlags, job: Job): Promise<string> {
  const start = performance.now();
  for (;;) {
    const state = await job.getState();
    const isEnding = !isFinished(state) && (await flags.isRaised(String(job.id), job.timestamp));
    if (!isEnding || performance.now() - start > CANCELING_MS) return state;
    await sleep(CANCELING_LOOK_MS);
  }
}

/** Runs a finished job again, from the start. Moving it is one step in the queue: of two producers, one does it. */
async function requeue(
  job: Job,
  state: string,
  payload: VideoProcessPayload,
  { priority }: EnqueueVideoRequest,
): Promise<boolean> {
  await job.updateData(withWorkerMetadata(payload, NEW_METADATA));
  try {
    await job.retry(state as 'completed' | 'failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  } catch (error) {
    if (isFinished(await job.getState())) throw error;
    return false;
  }
  const wanted = jobOptions(JOB_POLICY[VIDEO_PROCESS], priority).priority;
  if (wanted !== undefined && wanted !== job.priority) await job.changePriority({ priority: wanted }).catch(() => {});
  return true;
}

async function cancel({ queue, flags }: QueueSide, videoId: string): Promise<CancelVideoAnswer> {
  const jobId = jobIdOf(videoId);
  const job = (await queue.getJob(jobId)) as Job | undefined;
  if (job === undefined) return { videoId, state: 'unknown' };
  const state = await job.getState();
  if (isFinished(state)) return { videoId, state: 'finished' };
  // A job that was begun may have left objects behind: its next worker removes them.
  const isUntouched = isWaiting(state) && readWorkerMetadata(job.data).checkpoint === undefined;
  if (isUntouched && (await removeWaiting(job))) return { videoId, state: 'canceled' };
  await flags.raise(jobId);
  if (isWaiting(await job.getState())) await job.promote().catch(() => {});
  if (!isFinished(await job.getState())) return { videoId, state: 'canceling' };
  await flags.lower(jobId);
  return { videoId, state: 'finished' };
}

/** Whether the job could be removed: a worker that took it in the same moment holds it. */
const removeWaiting = (job: Job): Promise<boolean> =>
  job.remove().then(
    () => true,
    () => false,
  );

/**
 * Opens a producer's connection. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`, `config_invalid`.
 */
export async function openQueueClient(
  address: QueueAddress,
  { telemetry }: { readonly telemetry?: Telemetry | undefined } = {},
): Promise<QueueClient> {
  await assertQueueReachable(address);
  const backend = chooseBackend(address);
  const { classes, connection } = backend;
  const queue = await openQueue(backend, QUEUE_NAME, telemetry && { telemetry });
  const flags = await openCancelFlags(backend).catch(async (error: unknown) => {
    await queue.close();
    throw error;
  });
  const side: QueueSide = { queue, flags };
  const events = new classes.QueueEvents(QUEUE_NAME, { connection, autorun: false, blockingTimeout: EVENTS_BLOCK_MS });
  // A lost connection comes back by itself; without a listener the first one would end the process.
  events.on('error', () => {});
  // Each wait listens; a server follows as many videos as it has viewers.
  events.setMaxListeners(0);
  let eventsRun: Promise<void> | undefined;

  return {
    enqueueVideo: (request) => explained('The job was not added', () => enqueue(side, request)),
    cancelVideo: (videoId) => explained('The job was not canceled', () => cancel(side, videoId)),
    waitForVideo: (jobId, options = {}) => {
      eventsRun ??= events.run().catch(() => {});
      return waitForJob({ queue, events, jobId, ...options });
    },
    close: async () => {
      const over = new AbortController();
      await withTimeout(CLOSE_MS, async () => {
        if (eventsRun !== undefined) await untilListening(events, over.signal);
        await events.close();
        await eventsRun;
      });
      over.abort();
      await withTimeout(CLOSE_MS, () => Promise.all([queue.close(), flags.close()]));
    },
  };
}

async function explained<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof MediaError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new MediaError({ code: 'queue_failed', message: `${what}: ${words}.`, cause: error });
  }
}
