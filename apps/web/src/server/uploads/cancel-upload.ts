/** Cancels a session: the upload, the object, the queued or running job. */
import type { CanceledUpload } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { User } from '../verify-token.ts';
import { cleanSession } from './clean-session.ts';
import { assertUnfinished, findSession } from './find-session.ts';
import type { UploadServices } from './services.ts';

/**
 * Cancels a session; asked twice, it answers twice.
 *
 * @throws {ApiError} `session_not_found`, `session_ended` for one whose video has come to its end.
 */
export async function cancelUploadSession(services: UploadServices, user: User, id: string): Promise<CanceledUpload> {
  const { sessions, queue, videos } = services;
  const session = await findSession(sessions, user, id);
  if (session.state === 'canceled') return { id, state: 'canceled' };
  if (session.state === 'abandoned') assertUnfinished(session, 0);
  if (session.state === 'completed') {
    const { state } = await queue.cancel(session.videoId);
    // A worker that is stopping marks the video itself.
    if (state !== 'canceling' && !(await videos.markCanceled(session.videoId)))
      throw new ApiError({
        code: 'session_ended',
        message: 'The upload was completed and its video has come to its end; delete the video instead.',
        details: { videoId: session.videoId },
      });
  }
  // From any state: also from one that another request is completing, whose claim ends with this.
  if (!(await sessions.cancel(id, ['open', 'completing']))) await sessions.cancel(id, ['completed']);
  await cleanSession(services, session);
  services.log.info({ event: 'upload.canceled', sessionId: id, videoId: session.videoId }, 'Upload canceled');
  return { id, state: 'canceled' };
}
