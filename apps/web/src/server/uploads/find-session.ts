/** Finds the caller's session and says why one cannot be worked on. */
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadSessions } from '../database/upload-sessions.ts';
import type { User } from '../verify-token.ts';

/** @throws {ApiError} `session_not_found`: another user's session is no different from none. */
export async function findSession(sessions: UploadSessions, user: User, id: string): Promise<UploadSession> {
  const session = await sessions.find(user, id);
  if (session !== undefined) return session;
  throw new ApiError({ code: 'session_not_found', message: `There is no upload session ${id} of this user.` });
}

const ENDINGS = { completed: 'completed', canceled: 'canceled', abandoned: 'abandoned' } as const;

const isEnded = (state: UploadSession['state']): state is keyof typeof ENDINGS => state in ENDINGS;

/** @throws {ApiError} `session_ended`, `session_expired`. */
export function assertUnfinished(session: UploadSession, now: number): void {
  if (session.state !== 'completed' && session.expiresAt.getTime() <= now)
    throw new ApiError({
      code: 'session_expired',
      message: `The upload session ended at ${session.expiresAt.toISOString()}, 24 hours after it began.`,
      details: { expiresAt: session.expiresAt.toISOString() },
    });
  if (isEnded(session.state))
    throw new ApiError({
      code: 'session_ended',
      message: `The upload session was ${session.state} at ${session.endedAt?.toISOString() ?? 'an unknown time'}.`,
      details: { state: session.state, endCode: session.endCode },
    });
}
