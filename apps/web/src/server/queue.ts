/** The queue as the intake uses it: connected when it is first needed, and again after it could not be reached. */

import type { CancelVideoAnswer, EnqueueVideoAnswer } from '@supabase-media/worker/client';
import { openQueueClient, type QueueClient } from '@supabase-media/worker/client';
import { assertQueueReachable } from '@supabase-media/worker/internal/queue/backend';
import type { VideoProgress } from '@supabase-media/worker/internal/queue/contract';
import type { VideosTable } from './database/videos.ts';

/** A stored source that is to become a video. */
export interface QueuedSource {
  readonly videoId: string;
  readonly ownerId: string;
  readonly project: string;
  readonly bucket: string;
  readonly path: string;
  readonly fileName: string | undefined;
}

export interface MediaQueue {
  /** Writes the video's row and adds its job, unless there is one. @throws {MediaError} `queue_unreachable`, `queue_failed`. */
  readonly enqueue: (source: QueuedSource) => Promise<EnqueueVideoAnswer['state']>;
  readonly cancel: (videoId: string) => Promise<CancelVideoAnswer>;
  /** Told what a running job says of itself until the signal aborts. Never throws: it is a nudge beside the row. */
  readonly follow: (
    videoId: string,
    onProgress: (progress: VideoProgress) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** @throws {MediaError} `queue_unreachable`. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Makes the door to the queue; nothing is connected yet. */
export function openMediaQueue(options: {
  readonly address: { readonly redisUrl: string | undefined; readonly databaseUrl: string | undefined };
  readonly videos: VideosTable;
}): MediaQueue {
  let opening: Promise<QueueClient> | undefined;
  const connect = (): Promise<QueueClient> => {
    opening ??= openQueueClient(options.address).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    enqueue: async (source) => {
      const client = await connect();
      const { state } = await client.enqueueVideo({
        source: { bucket: source.bucket, path: source.path },
        videoId: source.videoId,
        ownerId: source.ownerId,
        project: source.project,
        beforeAdd: (_payload, jobId) => options.videos.markQueued(source, jobId),
      });
      return state;
    },
    cancel: async (videoId) => (await connect()).cancelVideo(videoId),
    follow: async (videoId, onProgress, signal) => {
      try {
        const client = await connect();
        await client.waitForVideo(`video-${videoId}`, { onProgress, signal });
      } catch {
        // No job, no queue, or nobody listens any more: the row tells the rest.
      }
    },
    // Asked anew each time: a connection that was once made waits in silence for a queue that is gone.
    check: () => assertQueueReachable(options.address),
    close: async () => {
      const client = await opening?.catch(() => undefined);
      await client?.close();
    },
  };
}
