/** Limits the event streams of this process: in total, and per user. */
import { ApiError } from '../api-error.ts';

const RETRY_AFTER_SECONDS = 15;

/** @returns a function that takes a slot for a user and returns its release; it throws {ApiError} `too_many_listeners`. */
export function createListenerSlots(limits: { readonly max: number; readonly maxPerUser: number }) {
  const byUser = new Map<string, number>();
  let total = 0;
  return (userId: string): (() => void) => {
    const own = byUser.get(userId) ?? 0;
    if (total >= limits.max || own >= limits.maxPerUser)
      throw new ApiError({
        code: 'too_many_listeners',
        message:
          own >= limits.maxPerUser
            ? `This user has ${own} open event streams; at most ${limits.maxPerUser} are allowed.`
            : `This server has ${total} open event streams, which is its limit.`,
        details: { open: own, limit: limits.maxPerUser },
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    total += 1;
    byUser.set(userId, own + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      total -= 1;
      const left = (byUser.get(userId) ?? 1) - 1;
      if (left > 0) byUser.set(userId, left);
      else byUser.delete(userId);
    };
  };
}
