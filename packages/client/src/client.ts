/**
 * The producer's side, for the server of a web app: put a video into the queue, wait for it, cancel it.
 *
 *     const queue = openQueueClient({ databaseUrl: process.env.DATABASE_URL });
 *     const { videoId } = await queue.enqueueVideo({ source: { bucket: 'project-videos', path }, ownerId: user.id });
 */
import { MediaError } from '@supabase-media/core/errors';
import type { AddedJob } from '@supabase-media/queue/add-job';
import type { QueueAddress } from '@supabase-media/queue/backend';
import type { JobPriority } from '@supabase-media/queue/policy';
import type { JobProducer, WaitOptions } from '@supabase-media/queue/producer';
import type { Telemetry } from 'bullmq';
import { z } from 'zod';
import { type CancelVideoAnswer, cancelVideo } from './cancel-video.ts';
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
import { createLazy } from './lazy.ts';
import { openRows, type RowsAddress } from './rows.ts';

export type { CancelVideoAnswer } from './cancel-video.ts';

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
  /**
   * The Supabase Auth user whom the video belongs to, who may watch it. `null`: whoever uploaded the source, where Storage
   * recorded that; else nobody, and only the service role sees it.
   */
  readonly ownerId: string | null;
  /** First segment of the results' keys; `default` unless told. */
  readonly project?: string | undefined;
  /** What to make, as MEDIA_OUTPUTS names it; left out, what the worker is set to. A worker refuses what it does not know. */
  readonly outputs?: readonly string[] | undefined;
  /** As MEDIA_PROFILE names it; left out, as the worker is set to. */
  readonly profile?: string | undefined;
  /** Which jobs go first; `normal` unless told. */
  readonly priority?: JobPriority | undefined;
  /**
   * Writes the video's row instead of this client: called before a job is added, not when one is already there. The number
   * that the database gave it (`queue_owner_video`) may be returned: it is the turn of the video's owner. Without one, the
   * worker that takes the job first asks for it.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most callers return nothing.
  readonly beforeAdd?: (payload: VideoProcessPayload, jobId: string) => Promise<number | undefined | void>;
}

/** What became of a request: a new job, one that is already waiting or running, or a finished one run again. */
export interface EnqueueVideoAnswer extends AddedJob {
  readonly videoId: string;
}

export type WaitForVideoOptions = WaitOptions<VideoProgress>;

/** Where the queue stands, and who writes the rows of its videos. */
export type QueueClientAddress = QueueAddress & RowsAddress;

/** A producer's connection to the queue. It is made when it is first needed, and again after it failed. */
export interface QueueClient {
  /**
   * Writes the video's row, then adds its job. After a failure it may be asked again; a row that was written meanwhile is
   * found by the workers, and its job is added by them a minute later.
   *
   * @throws {MediaError} `invalid_argument` for a request that does not fit the contract; `queue_unreachable`,
   * `queue_failed`; `database_refused`, `database_failed`; `config_invalid` where an address is not set.
   */
  readonly enqueueVideo: (request: EnqueueVideoRequest) => Promise<EnqueueVideoAnswer>;
  /**
   * Cancels a video wherever it waits or runs, in its row and in the queue. A client that writes no rows cancels the job
   * alone: `cancel-video.ts` has both.
   *
   * @throws {MediaError} as {@link enqueueVideo}.
   */
  readonly cancelVideo: (videoId: string) => Promise<CancelVideoAnswer>;
  /**
   * @throws {MediaError} `job_failed` with the job's reason; `job_missing`; `aborted` when the signal ended the wait;
   * `queue_unreachable`, `config_invalid`.
   */
  readonly waitForVideo: (jobId: string, options?: WaitForVideoOptions) => Promise<VideoProcessResult>;
  /**
   * Connects to the queue now: for a server that wants to know at its start.
   *
   * @throws {MediaError} `queue_unreachable`, `config_invalid`.
   */
  readonly connect: () => Promise<void>;
  /** Nothing may be asked afterwards. */
  readonly close: () => Promise<void>;
}

function toPayload(request: EnqueueVideoRequest): VideoProcessPayload {
  const parsed = videoProcessPayload.safeParse({
    version: PAYLOAD_VERSION,
    videoId: request.videoId ?? videoIdOf(request.source),
    ownerId: request.ownerId ?? undefined,
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
 * Makes a producer's client. Nothing is read, loaded or connected before it is used, so it may stand at the top of a module
 * that is also loaded where there is no queue, as during `next build`. Whoever made it closes it.
 */
export function openQueueClient(
  address: QueueClientAddress,
  options: { readonly telemetry?: Telemetry | undefined } = {},
): QueueClient {
  let isClosed = false;
  const producer = createLazy(async () => {
    // Only here: an app that imports this and asks nothing of the queue loads neither BullMQ nor a database driver.
    const { openJobProducer } = await import('@supabase-media/queue/producer');
    return openJobProducer(address, options);
  });
  const rows = createLazy(() => openRows(address));
  const connect = (): Promise<JobProducer> => {
    if (isClosed) throw new MediaError({ code: 'queue_failed', message: 'This queue client was closed.' });
    return producer.get();
  };
  const cancelJob = async (videoId: string): Promise<CancelVideoAnswer> => ({
    videoId,
    state: await (await connect()).cancel(jobIdOf(videoId)),
  });
  return {
    enqueueVideo: async (request) => {
      const payload = toPayload(request);
      const { beforeAdd, priority } = request;
      const added = await (await connect()).add({
        contract: videoProcessContract,
        payload,
        priority,
        beforeAdd: async (jobId) =>
          beforeAdd === undefined
            ? (await rows.get())?.queue(payload, { jobId, priority })
            : ((await beforeAdd(payload, jobId)) ?? undefined),
      });
      return { videoId: payload.videoId, ...added };
    },
    cancelVideo: async (videoId) => {
      const own = await rows.get();
      return own === undefined
        ? cancelJob(videoId)
        : cancelVideo({ queue: { cancelVideo: cancelJob }, rows: own, videoId });
    },
    waitForVideo: async (jobId, waiting) => (await (await connect()).wait(jobId, waiting)) as VideoProcessResult,
    connect: async () => void (await connect()),
    close: async () => {
      isClosed = true;
      await Promise.all(
        [producer, rows].map((one) =>
          one
            .opened()
            ?.catch(() => undefined)
            .then((opened) => opened?.close()),
        ),
      );
    },
  };
}
