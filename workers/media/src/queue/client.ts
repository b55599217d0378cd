/**
 * The producer's side, exported as `@supabase-media/worker/client`: put a video into the queue, wait for it.
 *
 *     const queue = await openQueueClient({ databaseUrl: process.env.DATABASE_URL });
 *     const { videoId } = await queue.enqueueVideo({ source: { bucket: 'project-videos', path } });
 */
import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import { MediaError } from '../errors.ts';
import type { OutputKind } from '../media/outputs.ts';
import type { ProfileName } from '../media/profiles.ts';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import {
  PAYLOAD_VERSION,
  QUEUE_NAME,
  VIDEO_PROCESS,
  type VideoProcessPayload,
  type VideoProcessResult,
  type VideoProgress,
  videoProcessPayload,
} from './contract.ts';
import { JOB_POLICY, jobOptions } from './policy.ts';
import { videoIdOf } from './video-id.ts';
import { waitForJob } from './wait.ts';

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
  /** Called before a job is added, not when one is already there: the place to write the video's row. */
  readonly beforeAdd?: (payload: VideoProcessPayload, jobId: string) => Promise<void>;
}

/** What became of a request: a new job, one that is already waiting or running, or a finished one run again. */
export interface EnqueueVideoAnswer {
  readonly videoId: string;
  readonly jobId: string;
  readonly state: 'created' | 'existing' | 'requeued';
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
   * @throws {MediaError} `job_failed` with the job's reason; `aborted` when the signal ended the wait.
   */
  readonly waitForVideo: (jobId: string, options?: WaitForVideoOptions) => Promise<VideoProcessResult>;
  readonly close: () => Promise<void>;
}

/** States in which a job has come to its end. */
const FINISHED = new Set(['completed', 'failed']);

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

async function enqueue(queue: Queue, request: EnqueueVideoRequest): Promise<EnqueueVideoAnswer> {
  const payload = toPayload(request);
  const { videoId } = payload;
  const jobId = `video-${videoId}`;
  const earlier = (await queue.getJob(jobId)) as Job | undefined;
  if (earlier !== undefined) {
    if (!FINISHED.has(await earlier.getState())) return { videoId, jobId, state: 'existing' };
    // A finished job keeps its id, and BullMQ silently ignores a second job of the same id.
    await earlier.remove();
  }
  await request.beforeAdd?.(payload, jobId);
  await queue.add(VIDEO_PROCESS, payload, { jobId, ...jobOptions(JOB_POLICY[VIDEO_PROCESS]) });
  return { videoId, jobId, state: earlier === undefined ? 'created' : 'requeued' };
}

/**
 * Opens a producer's connection. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`, `config_invalid`.
 */
export async function openQueueClient(address: QueueAddress): Promise<QueueClient> {
  await assertQueueReachable(address);
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection });
  const events = new classes.QueueEvents(QUEUE_NAME, { connection, autorun: false });
  // A lost connection comes back by itself; without a listener the first one would end the process.
  queue.on('error', () => {});
  events.on('error', () => {});
  let eventsRun: Promise<void> | undefined;

  return {
    enqueueVideo: async (request) => {
      try {
        return await enqueue(queue as unknown as Queue, request);
      } catch (error) {
        if (error instanceof MediaError) throw error;
        const words = error instanceof Error ? error.message : String(error);
        throw new MediaError({ code: 'queue_failed', message: `The job was not added: ${words}.`, cause: error });
      }
    },
    waitForVideo: (jobId, options = {}) => {
      eventsRun ??= events.run().catch(() => {});
      return waitForJob({ queue, events, jobId, ...options });
    },
    close: async () => {
      await events.close();
      await eventsRun;
      await queue.close();
    },
  };
}
