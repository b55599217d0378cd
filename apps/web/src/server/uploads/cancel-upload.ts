/** Cancels a session: the upload, the object, the queued or running job. */
import { cancelVideo } from '@supabase-media/client/cancel-video';
import type { CanceledUpload } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { User } from '../verify-token.ts';
import { cancelSessionVideo } from './cancel-session-video.ts';
import { cleanSession } from './clean-session.ts';
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
  // From any state: also from one that another request is completing, whose claim ends with this.
  if (await sessions.cancel(id, ['open', 'completing'])) {
    // A completion that failed or goes on may have written the row, or even added the job.
    await cancelSessionVideo(services, session);
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
  const { state } = await cancelVideo({ queue, rows: videos, videoId });
  if (state === 'canceled' || state === 'canceling') return;
  // Canceled by an earlier request, or by somebody else: that is what is asked for.
  if ((await videos.statusOf(videoId)) !== 'canceled')
    throw new ApiError({
      code: 'session_ended',
      message: 'The upload was completed and its video has come to its end; delete the video instead.',
      details: { videoId },
    });
}
