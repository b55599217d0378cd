/** Removes what an unsuccessful session has in Storage: its partial upload and its object. */
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadServices } from './services.ts';

type Services = Pick<UploadServices, 'sessions' | 'storage' | 'log'>;

/**
 * Removes both and notes it in the row. What fails is left for the next sweep.
 *
 * @returns whether everything is gone.
 */
export async function cleanSession({ sessions, storage, log }: Services, session: UploadSession): Promise<boolean> {
  try {
    // The partial first: ending it also ends a PATCH that could still finish the object.
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
