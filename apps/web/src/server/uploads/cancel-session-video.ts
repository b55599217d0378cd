/** Cancels the video of an upload session that has ended without it. */
import { cancelVideo } from '@supabase-media/client/cancel-video';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadServices } from './services.ts';

/**
 * Cancels the row, and the job where the queue can be reached: a worker drops a job whose row is canceled, so a queue
 * that is away costs only its turn. Without a row there is no job, and nothing is done.
 *
 * @throws {ApiError} what the rows' database answers.
 */
export async function cancelSessionVideo(
  { queue, videos, log }: Pick<UploadServices, 'queue' | 'videos' | 'log'>,
  { id, videoId }: Pick<UploadSession, 'id' | 'videoId'>,
): Promise<void> {
  if ((await videos.statusOf(videoId)) === undefined) return;
  const patient = {
    cancelVideo: () =>
      queue.cancelVideo(videoId).catch((error: unknown) => {
        log.warn(
          { event: 'upload.job_left', sessionId: id, videoId, err: error },
          'The job of a canceled upload could not be removed; a worker drops it',
        );
        return { videoId, state: 'canceling' as const };
      }),
  };
  await cancelVideo({ queue: patient, rows: videos, videoId });
}
