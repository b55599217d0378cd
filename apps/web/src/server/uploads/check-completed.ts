/** Looks once more at what a completed session has in Storage, when no upload token of it can be used any longer. */

import type { UploadSession } from '../database/upload-session.ts';
import { isEndedStatus } from '../database/video-row.ts';
import type { UploadServices } from './services.ts';

type Services = Pick<UploadServices, 'sessions' | 'videos' | 'storage' | 'log'>;

/**
 * Removes an object that was put there after its video was deleted, or in place of what was proved. Of another size is
 * certain; another ETag is not, and such an object is refused by the worker as often as it is tried.
 *
 * @returns whether something was removed, as far as is known; `failed` is logged, and a later sweep tries again.
 */
export async function checkCompleted(
  { sessions, videos, storage, log }: Services,
  session: UploadSession,
): Promise<'kept' | 'removed' | 'failed'> {
  try {
    const status = await videos.statusOf(session.videoId);
    // Queued again since it was leased: the worker judges it, and a later sweep looks again.
    if (status !== undefined && !isEndedStatus(status)) return 'kept';
    const object = await storage.info(session);
    const isUnproved = object !== undefined && (status === undefined || object.size !== session.size);
    if (isUnproved) {
      await storage.remove(session);
      log.warn(
        { event: 'upload.replaced', sessionId: session.id, videoId: session.videoId, bytes: object.size },
        'An object that was put in place of a completed upload was removed',
      );
    }
    await sessions.markCleaned(session.id);
    return isUnproved ? 'removed' : 'kept';
  } catch (error) {
    log.warn(
      { event: 'upload.check_failed', sessionId: session.id, err: error },
      'What a completed upload has in Storage was not looked at; a later sweep tries again',
    );
    return 'failed';
  }
}
