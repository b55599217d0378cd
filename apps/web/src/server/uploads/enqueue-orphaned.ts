/** Enqueues the video of a session whose process died over it, and ends the session. */
import type { UploadSession } from '../database/upload-session.ts';
import { withdrawVideo } from './end-session.ts';
import type { UploadServices } from './services.ts';

type Services = Pick<UploadServices, 'sessions' | 'videos' | 'queue' | 'log'>;

/**
 * Does both, once: a job that is there stays as it is, and a video that was canceled, deleted or processed since its
 * session was leased is not brought back.
 *
 * @returns `ended` when the video waits no more; `failed` is logged, and a later sweep tries again.
 */
export async function enqueueOrphaned(
  services: Services,
  session: UploadSession,
  holder: string,
): Promise<'enqueued' | 'ended' | 'failed'> {
  const { sessions, videos, queue, log } = services;
  const lease = { id: session.id, holder };
  try {
    // The row was written with what was proved; one of an earlier release is compared with what was announced.
    const proof = (await videos.proofOf(session.videoId)) ?? { size: session.size, sha256: session.sha256 };
    if ((await queue.enqueueWaiting({ ...session, proof })) === undefined) {
      // Unleased and past its time: the sweep ends it as what became of its video.
      await sessions.reopen(lease, session.confirmedBytes);
      return 'ended';
    }
    if (await sessions.finish(lease, 'completed')) return 'enqueued';
    if ((await sessions.stateOf(session.id)) !== 'canceled') return 'enqueued';
    await withdrawVideo(services, session);
    return 'ended';
  } catch (error) {
    log.warn(
      { event: 'upload.enqueue_failed', sessionId: session.id, videoId: session.videoId, err: error },
      'A video that waits could not be enqueued; a later sweep tries again',
    );
    return 'failed';
  }
}
