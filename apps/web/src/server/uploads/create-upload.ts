/** Begins an upload session: everything that can be refused is refused here, before a byte is sent. */
import { randomUUID } from 'node:crypto';
import { SINGLE_BELOW_BYTES } from '@supabase-media/upload-protocol/limits';
import type { CreateUploadRequest, OpenUpload } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { CreateAnswer } from '../database/upload-sessions.ts';
import { chooseContentType } from '../declared-type.ts';
import { makeObjectKey, normalizeFileName } from '../file-name.ts';
import type { User } from '../verify-token.ts';
import { assertAcceptedSize } from './check-size.ts';
import { presentOpenUpload } from './present-upload.ts';
import type { UploadServices } from './services.ts';

/** When an open upload may have been finished or canceled: nobody knows, so a guess that is neither rude nor long. */
const TOO_MANY_RETRY_SECONDS = 60;

/**
 * Begins a session.
 *
 * @throws {ApiError} `name_refused`, `type_refused`, `size_refused`, `file_too_large`, `too_many_sessions`,
 * `rate_limited`; nothing is left behind then.
 */
export async function createUploadSession(
  services: UploadServices,
  user: User,
  request: CreateUploadRequest,
): Promise<OpenUpload> {
  const { config, sessions, storage } = services;
  const bucket = config.sourceBucket;
  const fileName = normalizeFileName(request.fileName);
  const contentType = chooseContentType({ fileName, declared: request.contentType });
  // Ours first: what is too large for us is refused without asking anyone.
  assertAcceptedSize(request.size, {
    intakeBytes: config.intake.maxBytes,
    bucketBytes: undefined,
    projectBytes: undefined,
  });
  assertAcceptedSize(request.size, { intakeBytes: config.intake.maxBytes, ...(await storage.limits(bucket)) });

  const id = randomUUID();
  const answer = await sessions.create(
    {
      id,
      ownerId: user.id,
      videoId: randomUUID(),
      project: request.project ?? 'default',
      fileName,
      size: request.size,
      contentType,
      sha256: request.sha256?.toLowerCase(),
      bucket,
      path: makeObjectKey(user.id, id, fileName),
      strategy: request.size < SINGLE_BELOW_BYTES ? 'single' : 'resumable',
    },
    { maxOpen: config.intake.maxOpen, createPerMinute: config.intake.createPerMinute },
  );
  const session = sessionOf(answer, config.intake);
  try {
    return await openAtStorage(services, session);
  } catch (error) {
    // Not a session that a person could use: it must not count as one of theirs.
    await sessions.cancel(session.id, ['open']).catch(() => {});
    throw error;
  }
}

/** Storage judges too: its own creation of an upload is the only true answer to whether it would take the file. */
async function openAtStorage(services: UploadServices, session: UploadSession): Promise<OpenUpload> {
  const { config, sessions, storage } = services;
  const [grant, uploadId] = await Promise.all([
    storage.signUpload(session),
    session.strategy === 'resumable' ? storage.createUpload(session) : undefined,
  ]);
  await sessions.noteToken(session.id, grant.expiresAt);
  if (uploadId !== undefined) await sessions.replaceUpload(session.id, undefined, uploadId);
  const opened = { ...session, storageUploadId: uploadId };
  return presentOpenUpload({ session: opened, grant, config, confirmedBytes: 0 });
}

function sessionOf(answer: CreateAnswer, limits: { maxOpen: number; createPerMinute: number }): UploadSession {
  switch (answer.kind) {
    case 'created':
      return answer.session;
    case 'too_many_sessions':
      throw new ApiError({
        code: 'too_many_sessions',
        message: `${answer.open} uploads are open; ${limits.maxOpen} may be.`,
        details: { open: answer.open, limit: limits.maxOpen },
        retryAfterSeconds: TOO_MANY_RETRY_SECONDS,
      });
    case 'rate_limited':
      throw new ApiError({
        code: 'rate_limited',
        message: `${limits.createPerMinute} uploads were begun within a minute; more are not taken.`,
        details: { limit: limits.createPerMinute, retryAfterSeconds: answer.retryAfterSeconds },
        retryAfterSeconds: answer.retryAfterSeconds,
      });
  }
}
