/** Tells how much of an upload has arrived, without disturbing it. */
import type { Upload } from '../../contract/uploads.ts';
import type { User } from '../verify-token.ts';
import { findSession } from './find-session.ts';
import { presentUpload } from './present-upload.ts';
import type { UploadServices } from './services.ts';

/**
 * Answers from the row, never by a HEAD: Storage ends a running PATCH when it gets one. The row knows what the relay
 * passed on, what the client reported and what the last resume found. Whether the object is there may be asked: that
 * touches no upload.
 */
export async function readUpload(services: UploadServices, user: User, id: string): Promise<Upload> {
  const { sessions, storage } = services;
  const session = await findSession(sessions, user, id);
  if (session.state !== 'open' || session.confirmedBytes >= session.size) return presentUpload(session, Date.now());
  const object = await storage.info(session).catch(() => undefined);
  const confirmedBytes = object?.size === session.size ? session.size : session.confirmedBytes;
  return presentUpload({ ...session, confirmedBytes }, Date.now());
}
