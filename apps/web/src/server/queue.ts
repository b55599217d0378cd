/** The queue as the intake API uses it: connected when it is first needed, and again after it could not be reached. */

import { type EnqueueVideoAnswer, openQueueClient, type QueueClient } from '@supabase-media/client';
import { jobIdOf, type VideoProgress } from '@supabase-media/client/contract';
import { startDeadline } from '@supabase-media/core/deadline';
import { MediaError } from '@supabase-media/core/errors';
import { formatSeconds } from '@supabase-media/core/format';
import type { SourceProof } from '@supabase-media/database/videos';
import { assertQueueReachable, type QueueAddress } from '@supabase-media/queue/backend';
import { openQueueTelemetry } from '@supabase-media/queue/telemetry';
import { isTracing } from '@supabase-media/service/tracing';
import { ApiError } from './api-error.ts';
import type { VideosTable } from './database/videos.ts';

/** A stored source that is to become a video. */
export interface QueuedSource {
  readonly videoId: string;
  readonly ownerId: string;
  readonly project: string;
  readonly bucket: string;
  readonly path: string;
  readonly fileName: string | undefined;
  /** What a worker compares the source with, where it is known. */
  readonly proof: SourceProof | undefined;
}

export interface MediaQueue {
  /**
   * Writes the video's row and adds its job, unless there is one.
   *
   * @throws {ApiError} `too_many_queued`; what the rows' database answers.
   * @throws {MediaError} `queue_unreachable`, also when it does not answer in time; `queue_failed`; the signal's reason.
   */
  readonly enqueue: (source: QueuedSource, signal?: AbortSignal) => Promise<EnqueueVideoAnswer['state']>;
  /** As {@link enqueue}, of a video whose row waits already; undefined when it no longer waits: then nothing is done. */
  readonly enqueueWaiting: (source: QueuedSource) => Promise<EnqueueVideoAnswer['state'] | undefined>;
  /** @throws {MediaError} as {@link enqueue}. */
  readonly cancelVideo: QueueClient['cancelVideo'];
  /** Reports the progress of a running job until the signal aborts. Never throws: the row has the same, later. */
  readonly follow: (
    videoId: string,
    onProgress: (progress: VideoProgress) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** @throws {MediaError} `queue_unreachable`, or why the queue cannot be opened. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The queue answers within this, in milliseconds: BullMQ alone waits for a lost Redis for ever. */
const ANSWER_MS = 20_000;

/** Opens the queue; nothing is connected yet. */
export function openMediaQueue(options: {
  readonly address: QueueAddress;
  readonly videos: VideosTable;
  /** Videos of one owner that may wait or run at the same time. */
  readonly maxQueued: number;
  readonly answerMs?: number | undefined;
}): MediaQueue {
  const { videos, maxQueued, answerMs = ANSWER_MS } = options;
  let opening: Promise<QueueClient> | undefined;
  const connect = (): Promise<QueueClient> => {
    opening ??= openTraced(options.address).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };

  /** Gives up after the deadline. The question itself may go on, so it checks the signal before it changes a row. */
  const ask = <T>(
    question: (client: QueueClient, ended: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    const deadline = startDeadline(answerMs, signal);
    const { signal: ended } = deadline;
    return new Promise((resolve, reject) => {
      const onEnd = () => reject(deadline.isOver() ? unanswered(answerMs) : ended.reason);
      if (ended.aborted) return onEnd();
      ended.addEventListener('abort', onEnd, { once: true });
      connect()
        .then((client) => question(client, ended))
        .then(resolve, reject)
        .finally(() => deadline.clear());
    });
  };

  const add = async (
    client: QueueClient,
    source: QueuedSource,
    beforeAdd: (jobId: string) => Promise<number | undefined>,
  ): Promise<EnqueueVideoAnswer['state']> => {
    // How it was verified is the row's to tell; a worker of an earlier release refuses what it does not know.
    const { verified: _, ...proof } = source.proof ?? {};
    const request = {
      source: { bucket: source.bucket, path: source.path, ...proof },
      videoId: source.videoId,
      ownerId: source.ownerId,
      project: source.project,
      beforeAdd: (_payload: unknown, jobId: string) => beforeAdd(jobId),
    };
    const { state } = await client.enqueueVideo(request).catch((error: unknown) => {
      // What the database refused is no failure of the queue.
      throw error instanceof MediaError && error.cause instanceof ApiError ? error.cause : error;
    });
    return state;
  };

  return {
    enqueue: (source, signal) =>
      ask(
        (client, ended) =>
          add(client, source, async (jobId) => {
            // A queue that comes back later must not act on a request that was answered already.
            ended.throwIfAborted();
            const place = await videos.markQueued(source, jobId, maxQueued);
            ended.throwIfAborted();
            return place;
          }),
        signal,
      ),
    enqueueWaiting: async (source) => {
      let isWaiting = true;
      try {
        return await ask((client, ended) =>
          add(client, source, async () => {
            const place = await videos.placeOf(source.videoId);
            isWaiting = place?.status === 'queued';
            ended.throwIfAborted();
            if (!isWaiting) throw new Error('The video no longer waits.');
            return place?.priority;
          }),
        );
      } catch (error) {
        if (!isWaiting) return undefined;
        throw error;
      }
    },
    cancelVideo: (videoId) => ask((client) => client.cancelVideo(videoId)),
    follow: async (videoId, onProgress, signal) => {
      try {
        const client = await connect();
        await client.waitForVideo(jobIdOf(videoId), { onProgress, signal });
      } catch {
        // No job, no queue, or nobody listens any more: the row has the rest.
      }
    },
    check: async () => {
      // Asked anew each time: a connection that was once made waits in silence for a queue that is gone.
      await assertQueueReachable(options.address);
      // And opened, where it is not: a database may have room for a question and none for the queue's connections.
      await connect();
    },
    close: async () => {
      const client = await opening?.catch(() => undefined);
      await client?.close();
    },
  };
}

async function openTraced(address: QueueAddress): Promise<QueueClient> {
  // Rows are written with the limit of their owner, by `beforeAdd`.
  const client = openQueueClient(
    { ...address, rows: 'elsewhere' },
    { telemetry: isTracing() ? await openQueueTelemetry() : undefined },
  );
  await client.connect();
  return client;
}

const unanswered = (answerMs: number): MediaError =>
  new MediaError({
    code: 'queue_unreachable',
    message: `The queue did not answer within ${formatSeconds(answerMs / 1000)}.`,
  });
