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
 * A completed session is the one exception, see `cancelCompleted`: whether its video can still be canceled only the
 * queue can tell, and where it is too late nothing may have changed.
 */
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadServices } from './services.ts';

/**
 * Steps 2 and 3. A queue that is away costs only a turn of a worker, which drops a job whose row is canceled.
 *
 * @param options.mayHaveJob the job may be there although the row was canceled before, or by another request.
 */
export async function withdrawVideo(
  services: Pick<UploadServices, 'videos' | 'queue' | 'log'>,
  session: Pick<UploadSession, 'id' | 'videoId'>,
  options: { readonly mayHaveJob: boolean },
): Promise<void> {
  const { videos, queue, log } = services;
  const { id: sessionId, videoId } = session;
  if (!(await videos.markCanceled(videoId)) && !options.mayHaveJob) return;
  await queue.cancel(videoId).catch((error: unknown) => {
    log.warn(
      { event: 'upload.job_left', sessionId, videoId, err: error },
      'The job of a canceled upload could not be removed; a worker drops it',
    );
  });
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
 * Takes a completed session's video back: the job, then the video's row, then the session's.
 *
 * @throws {ApiError} `session_ended` for one whose video has come to its end.
 */
export async function cancelCompleted(
  { queue, videos, sessions }: Pick<UploadServices, 'queue' | 'videos' | 'sessions'>,
  { id, videoId }: UploadSession,
): Promise<void> {
  const { state } = await queue.cancel(videoId);
  // A worker that is stopping marks the video itself.
  if (state !== 'canceling' && !(await videos.markCanceled(videoId)))
    throw new ApiError({
      code: 'session_ended',
      message: 'The upload was completed and its video has come to its end; delete the video instead.',
      details: { videoId },
    });
  await sessions.cancel(id, ['completed']);
}
