/**
 * How a session ends that becomes no video: canceled, refused, or past its time. One order, wherever it ends:
 *
 * 1. The session's row (the caller's doing): from then on no request sends bytes for it or completes it.
 * 2. The video's row: a job that is added meanwhile, or that a worker has begun, finds it canceled.
 * 3. The job.
 * 4. The partial upload at Storage: ending it also ends a PATCH that could still finish the object.
 * 5. The object. Then the session's row notes that both are gone.
 *
 * Marks come before what they mark: a process that dies in between leaves a mark, by which the sweep or a worker does
 * the rest. The other way round it would leave a job or bytes that nothing leads to, or that a request still uses. The
 * browser keeps to the same order: its own record of the upload first, then the API.
 *
 * A completed session is the one exception, see `cancelCompleted`: its row changes last, since a video that has ended
 * can no longer be canceled, and then nothing may have changed.
 */
import { cancelVideo } from '@supabase-media/client/cancel-video';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadServices } from './services.ts';

/**
 * Steps 2 and 3, in the order of `cancelVideo`. A queue that cannot be reached costs only a turn of a worker, which drops
 * a job whose row is canceled. Without a row there is no job, and nothing is done.
 *
 * @throws {ApiError} what the rows' database answers.
 */
export async function withdrawVideo(
  { queue, videos, log }: Pick<UploadServices, 'videos' | 'queue' | 'log'>,
  { id: sessionId, videoId }: Pick<UploadSession, 'id' | 'videoId'>,
): Promise<void> {
  if ((await videos.statusOf(videoId)) === undefined) return;
  const patient = {
    cancelVideo: () =>
      queue.cancelVideo(videoId).catch((error: unknown) => {
        log.warn(
          { event: 'upload.job_left', sessionId, videoId, err: error },
          'The job of a canceled upload could not be removed; a worker drops it',
        );
        return { videoId, state: 'canceling' as const };
      }),
  };
  await cancelVideo({ queue: patient, rows: videos, videoId });
}

/**
 * Steps 4 and 5. What fails is left for the next sweep.
 *
 * @returns whether everything is gone.
 */
export async function removeUploaded(
  { sessions, storage, log }: Pick<UploadServices, 'sessions' | 'storage' | 'log'>,
  session: UploadSession,
): Promise<boolean> {
  try {
    if (session.storageUploadId !== undefined) await storage.terminate(session.storageUploadId);
    await storage.remove(session);
    await sessions.markCleaned(session.id);
    return true;
  } catch (error) {
    log.warn(
      { event: 'upload.clean_failed', sessionId: session.id, err: error },
      'What an ended upload has in Storage was not removed; the next sweep tries again',
    );
    return false;
  }
}

/**
 * Cancels the video of a completed session, then the session.
 *
 * @throws {ApiError} `session_ended` if the video has ended.
 */
export async function cancelCompleted(
  { queue, videos, sessions }: Pick<UploadServices, 'queue' | 'videos' | 'sessions'>,
  { id, videoId }: UploadSession,
): Promise<void> {
  const { state } = await cancelVideo({ queue, rows: videos, videoId });
  // Canceled by an earlier request, or by somebody else: that is what is asked for.
  if (state !== 'canceled' && state !== 'canceling' && (await videos.statusOf(videoId)) !== 'canceled')
    throw new ApiError({
      code: 'session_ended',
      message: 'The upload was completed and its video has come to its end; delete the video instead.',
      details: { videoId },
    });
  await sessions.cancel(id, ['completed']);
}
