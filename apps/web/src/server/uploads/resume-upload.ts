/** Resumes a session: a fresh token, and how much of the upload has arrived. */
import type { OpenUpload } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadGrant } from '../storage/upload-storage.ts';
import type { User } from '../verify-token.ts';
import { removeUploaded } from './end-session.ts';
import { assertUnfinished, findSession } from './find-session.ts';
import { presentOpenUpload } from './present-upload.ts';
import type { UploadServices } from './services.ts';
import { otherSize } from './verify-upload.ts';

/**
 * Gives a new token. Storage is asked for the offset: whoever resumes is not sending, and a PATCH that still hangs there
 * from a dead connection had better end. An upload that Storage has forgotten is begun again.
 *
 * @throws {ApiError} `session_not_found`, `session_expired`, `session_ended`; `size_refused` where more was stored than
 * announced, which ends the session.
 */
export async function resumeUploadSession(services: UploadServices, user: User, id: string): Promise<OpenUpload> {
  const { sessions, config } = services;
  const session = await findSession(sessions, user, id);
  assertUnfinished(session, Date.now());
  if (session.state !== 'open')
    throw new ApiError({ code: 'session_ended', message: 'The upload is being completed; nothing is left to send.' });
  const [grant, standing] = await Promise.all([signNoted(services, session), findStanding(services, session)]);
  const resumed = { ...session, storageUploadId: standing.uploadId };
  return presentOpenUpload({ session: resumed, grant, config, confirmedBytes: standing.confirmedBytes });
}

/** The sweep waits for every token that was given out. */
async function signNoted({ storage, sessions }: UploadServices, session: UploadSession): Promise<UploadGrant> {
  const grant = await storage.signUpload(session);
  await sessions.noteToken(session.id, grant.expiresAt);
  return grant;
}

interface Standing {
  readonly uploadId: string | undefined;
  readonly confirmedBytes: number;
}

/** How much of a session is in Storage, by asking it; the row is brought up to date. */
async function findStanding(services: UploadServices, session: UploadSession): Promise<Standing> {
  const { sessions, storage } = services;
  const seen = session.storageUploadId;
  const object = await storage.info(session);
  if (object?.size === session.size) {
    await sessions.confirm(session.id, session.size);
    return { uploadId: seen, confirmedBytes: session.size };
  }
  if (object !== undefined && object.size > session.size) {
    const refusal = otherSize(session, object.size);
    if (await sessions.cancel(session.id, ['open'], refusal.code)) await removeUploaded(services, session);
    throw refusal;
  }
  if (seen !== undefined) {
    const offset = await storage.readOffset(seen);
    if (offset !== undefined) {
      await sessions.confirm(session.id, offset);
      return { uploadId: seen, confirmedBytes: offset };
    }
  }
  if (session.strategy === 'single') return { uploadId: undefined, confirmedBytes: 0 };
  const uploadId = await storage.createUpload(session);
  if (await sessions.replaceUpload(session.id, seen, uploadId)) return { uploadId, confirmedBytes: 0 };
  // Another request was faster; its upload is the one.
  await storage.terminate(uploadId);
  return { uploadId: undefined, confirmedBytes: 0 };
}
