/** Cancels a video in its row, which every screen reads, and in the queue, which its worker watches. */
import type { Videos } from '@supabase-media/database/videos';
import type { CancelVideoAnswer, QueueClient } from '@supabase-media/queue/client';

export interface CancelVideoOptions {
  readonly queue: Pick<QueueClient, 'cancelVideo'>;
  readonly videos: Pick<Videos, 'cancel'>;
  readonly videoId: string;
}

/**
 * Cancels a video, queued or running. The row comes first: a worker that sees only one of the two stops as well.
 *
 * @returns as {@link QueueClient.cancelVideo}; `canceled` also for a video that waited without a job.
 * @throws {MediaError} `database_failed`, `queue_failed`.
 */
export async function cancelVideo({ queue, videos, videoId }: CancelVideoOptions): Promise<CancelVideoAnswer> {
  const isRowCanceled = await videos.cancel(videoId);
  const answer = await queue.cancelVideo(videoId);
  return answer.state === 'unknown' && isRowCanceled ? { videoId, state: 'canceled' } : answer;
}
