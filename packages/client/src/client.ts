/**
 * The producer's side, for the server of a web app: put a video into the queue, wait for it, cancel it.
 *
 *     const queue = await openQueueClient({ databaseUrl: process.env.DATABASE_URL });
 *     const { videoId } = await queue.enqueueVideo({ source: { bucket: 'project-videos', path } });
 */
import { MediaError } from '@supabase-media/core/errors';
import type { AddedJob } from '@supabase-media/queue/add-job';
import type { QueueAddress } from '@supabase-media/queue/backend';
import type { JobPriority } from '@supabase-media/queue/policy';
import type { WaitOptions } from '@supabase-media/queue/producer';
import type { Telemetry } from 'bullmq';
import { z } from 'zod';
import {
  jobIdOf,
  PAYLOAD_VERSION,
  type VideoProcessPayload,
  type VideoProcessResult,
  type VideoProgress,
  videoIdOf,
  videoProcessContract,
  videoProcessPayload,
} from './contract.ts';

/** An object in Storage and, where known, what was proved of it: a worker refuses one that differs. */
export interface SourceRequest {
  readonly bucket: string;
  readonly path: string;
  /** In bytes. */
  readonly size?: number | undefined;
  /** As Storage gave it, without quotes. */
  readonly etag?: string | undefined;
  /** Of the content, 64 hex digits. */
  readonly sha256?: string | undefined;
}

/** A video to process. */
export interface EnqueueVideoRequest {
  readonly source: SourceRequest;
  /** A UUID; left out, it is made from the source, so that the same source is always the same video. */
  readonly videoId?: string | undefined;
  readonly ownerId?: string | undefined;
  /** First segment of the results' keys; `default` unless told. */
  readonly project?: string | undefined;
  /** What to make, as MEDIA_OUTPUTS names it; left out, what the worker is set to. A worker refuses what it does not know. */
  readonly outputs?: readonly string[] | undefined;
  /** As MEDIA_PROFILE names it; left out, as the worker is set to. */
  readonly profile?: string | undefined;
  /** Which jobs go first; `normal` unless told. */
  readonly priority?: JobPriority | undefined;
  /**
   * Called before a job is added, not when one is already there: the place to write the video's row. The number that the
   * database gave it (`queue_owner_video`) may be returned: it is the turn of the video's owner. Without one, the worker
   * that takes the job first asks for it.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most callers return nothing.
  readonly beforeAdd?: (payload: VideoProcessPayload, jobId: string) => Promise<number | undefined | void>;
}

/** What became of a request: a new job, one that is already waiting or running, or a finished one run again. */
export interface EnqueueVideoAnswer extends AddedJob {
  readonly videoId: string;
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

export type WaitForVideoOptions = WaitOptions<VideoProgress>;

/** A producer's connection to the queue. */
export interface QueueClient {
  /**
   * @throws {MediaError} `invalid_argument` for a request that does not fit the contract; `queue_failed`.
   */
  readonly enqueueVideo: (request: EnqueueVideoRequest) => Promise<EnqueueVideoAnswer>;
  /**
   * Cancels a video's job wherever it waits or runs. For a video with a row, `cancel-video.ts` cancels both.
   *
   * @throws {MediaError} `queue_failed`.
   */
  readonly cancelVideo: (videoId: string) => Promise<CancelVideoAnswer>;
  /**
   * @throws {MediaError} `job_failed` with the job's reason; `job_missing`; `aborted` when the signal ended the wait.
   */
  readonly waitForVideo: (jobId: string, options?: WaitForVideoOptions) => Promise<VideoProcessResult>;
  readonly close: () => Promise<void>;
}

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

/**
 * Opens a producer's connection. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`, `config_invalid`.
 */
export async function openQueueClient(
  address: QueueAddress,
  options: { readonly telemetry?: Telemetry | undefined } = {},
): Promise<QueueClient> {
  // Only here: an app that imports this and asks nothing of the queue loads neither BullMQ nor a database driver.
  const { openJobProducer } = await import('@supabase-media/queue/producer');
  const producer = await openJobProducer(address, options);
  return {
    enqueueVideo: async (request) => {
      const payload = toPayload(request);
      const { beforeAdd, priority } = request;
      const added = await producer.add({
        contract: videoProcessContract,
        payload,
        priority,
        beforeAdd: async (jobId) => (await beforeAdd?.(payload, jobId)) ?? undefined,
      });
      return { videoId: payload.videoId, ...added };
    },
    cancelVideo: async (videoId) => ({ videoId, state: await producer.cancel(jobIdOf(videoId)) }),
    waitForVideo: async (jobId, waiting) => (await producer.wait(jobId, waiting)) as VideoProcessResult,
    close: producer.close,
  };
}
