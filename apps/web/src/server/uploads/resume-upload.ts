/** Resumes a session: a fresh token, and how much of the upload has arrived. */
import { setTimeout as sleep } from 'node:timers/promises';
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
 * @param options.abandon the upload that is not to be gone on with, whatever Storage says of it.
 * @throws {ApiError} `session_not_found`, `session_expired`, `session_ended`; `size_refused` where more was stored than
 * announced, which ends the session.
 */
export async function resumeUploadSession(
  services: UploadServices,
  { user, id, abandon }: { readonly user: User; readonly id: string; readonly abandon?: string | undefined },
): Promise<OpenUpload> {
  const { sessions, config } = services;
  const session = await findSession(sessions, user, id);
  assertUnfinished(session, Date.now());
  if (session.state !== 'open')
    throw new ApiError({ code: 'session_ended', message: 'The upload is being completed; nothing is left to send.' });
  const [grant, standing] = await Promise.all([signNoted(services, session), findStanding(services, session, abandon)]);
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
async function findStanding(
  services: UploadServices,
  session: UploadSession,
  abandoned: string | undefined,
): Promise<Standing> {
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
  const isWanted = seen !== undefined && seen !== abandoned;
  const offset = isWanted ? await storage.readOffset(seen) : 'expired';
  if (isWanted && typeof offset === 'number') return goOn(services, session, { uploadId: seen, offset });
  if (session.strategy === 'single') return { uploadId: undefined, confirmedBytes: 0 };
  return beginAnew(services, session, { mayBeAway: offset === 'missing' });
}

async function goOn(
  { sessions }: UploadServices,
  session: UploadSession,
  { uploadId, offset }: { readonly uploadId: string; readonly offset: number },
): Promise<Standing> {
  await sessions.confirm(session.id, offset);
  return { uploadId, confirmedBytes: offset };
}

/** Between two questions for an upload that Storage may see again, in milliseconds. */
const AWAY_WAIT_MS = 1000;

/** How often it is asked for once Storage has taken another one. */
const AWAY_QUESTIONS = 2;

/**
 * Begins another upload, and ends the one before, so that none of its parts stay behind. While the store behind Storage
 * is away Storage sees no upload, and can begin none: that one can be begun shows that it is there again, and the upload
 * is asked for once more.
 */
async function beginAnew(
  services: UploadServices,
  session: UploadSession,
  { mayBeAway }: { readonly mayBeAway: boolean },
): Promise<Standing> {
  const { sessions, storage } = services;
  const seen = session.storageUploadId;
  const uploadId = await storage.createUpload(session);
  for (let question = 1; mayBeAway && seen !== undefined && question <= AWAY_QUESTIONS; question++) {
    const offset = await storage.readOffset(seen).catch(() => 'missing');
    if (typeof offset === 'number') {
      await endQuietly(services, session, uploadId);
      return goOn(services, session, { uploadId: seen, offset });
    }
    if (offset === 'expired') break;
    if (question < AWAY_QUESTIONS) await sleep(AWAY_WAIT_MS);
  }
  if (await sessions.replaceUpload(session.id, seen, uploadId)) {
    if (seen !== undefined) await endQuietly(services, session, seen);
    return { uploadId, confirmedBytes: 0 };
  }
  // Another request was faster; its upload is the one.
  await endQuietly(services, session, uploadId);
  return { uploadId: undefined, confirmedBytes: 0 };
}

/** Storage ends it in its own time where it cannot be ended now. */
async function endQuietly({ storage, log }: UploadServices, session: UploadSession, uploadId: string): Promise<void> {
  await storage.terminate(uploadId).catch((error: unknown) => {
    log.warn(
      { event: 'upload.terminate_failed', sessionId: session.id, err: error },
      'A replaced upload was not ended; its parts stay in Storage until it expires',
    );
  });
}
