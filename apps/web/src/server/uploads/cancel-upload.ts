/** Cancels a session: the upload, the object, the queued or running job. The order is that of `end-session.ts`. */
import type { CanceledUpload } from '../../contract/uploads.ts';
import type { User } from '../verify-token.ts';
import { cancelCompleted, removeUploaded, withdrawVideo } from './end-session.ts';
import { assertUnfinished, findSession } from './find-session.ts';
import type { UploadServices } from './services.ts';

/**
 * Cancels a session; asked twice, it answers twice.
 *
 * @throws {ApiError} `session_not_found`, `session_ended` for one whose video has come to its end.
 */
export async function cancelUploadSession(services: UploadServices, user: User, id: string): Promise<CanceledUpload> {
  const { sessions } = services;
  const session = await findSession(sessions, user, id);
  // From any state: also from one that another request is completing, whose lease ends with this.
  if (await sessions.cancel(id, ['open', 'completing'])) {
    // A completion that failed or still runs may have written the row, or even added the job.
    await withdrawVideo(services, session);
  } else {
    const ended = await findSession(sessions, user, id);
    if (ended.state === 'canceled') return { id, state: 'canceled' };
    if (ended.state !== 'completed') assertUnfinished(ended, 0);
    await cancelCompleted(services, session);
  }
  await removeUploaded(services, session);
  services.log.info({ event: 'upload.canceled', sessionId: id, videoId: session.videoId }, 'Upload canceled');
  return { id, state: 'canceled' };
}
