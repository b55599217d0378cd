/** Cancels a session: the upload, the object, the queued or running job. */
import type { CanceledUpload } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { User } from '../verify-token.ts';
import { cleanSession } from './clean-session.ts';
import { assertUnfinished, findSession } from './find-session.ts';
import { removeJob } from './remove-job.ts';
import type { UploadServices } from './services.ts';

/**
 * Cancels a session; asked twice, it answers twice.
 *
 * @throws {ApiError} `session_not_found`, `session_ended` for one whose video has come to its end.
 */
export async function cancelUploadSession(services: UploadServices, user: User, id: string): Promise<CanceledUpload> {
  const { sessions, videos } = services;
  const session = await findSession(sessions, user, id);
  // From any state: also from one that another request is completing, whose claim ends with this.
  if (await sessions.cancel(id, ['open', 'completing'])) {
    // A completion that failed or goes on may have written the row, or even added the job.
    if (await videos.markCanceled(session.videoId)) await removeJob(services, session);
  } else {
    const ended = await findSession(sessions, user, id);
    if (ended.state === 'canceled') return { id, state: 'canceled' };
    if (ended.state !== 'completed') assertUnfinished(ended, 0);
    await cancelCompleted(services, session);
    await sessions.cancel(id, ['completed']);
  }
  await cleanSession(services, session);
  services.log.info({ event: 'upload.canceled', sessionId: id, videoId: session.videoId }, 'Upload canceled');
  return { id, state: 'canceled' };
}

async function cancelCompleted({ queue, videos }: UploadServices, { videoId }: UploadSession): Promise<void> {
  const { state } = await queue.cancel(videoId);
  // A worker that is stopping marks the video itself.
  if (state !== 'canceling' && !(await videos.markCanceled(videoId)))
    throw new ApiError({
      code: 'session_ended',
      message: 'The upload was completed and its video has come to its end; delete the video instead.',
      details: { videoId },
    });
}
