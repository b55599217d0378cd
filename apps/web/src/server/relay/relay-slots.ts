/** How many uploads one process passes on at a time: in all, and of one user, who cannot take every slot with slow ones. */
import { ApiError } from '../api-error.ts';

/** By then one of the running requests has most likely ended, in seconds. */
const RETRY_AFTER_SECONDS = 3;

/** Whose request wants a slot. */
export interface RelayedRequest {
  readonly ownerId: string;
  readonly sessionId: string;
  /** A creation: a session keeps one upload, so they come one after another. */
  readonly begins: boolean;
}

export interface RelaySlots {
  /**
   * Takes a slot and answers how to release it.
   *
   * @throws {ApiError} `relay_busy` at once: a request that waits would hold its body open.
   */
  readonly take: (request: RelayedRequest) => () => void;
  readonly taken: () => number;
}

const busy = (message: string, running: number, limit: number): ApiError =>
  new ApiError({
    code: 'relay_busy',
    message,
    details: { running, limit },
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });

export function createRelaySlots(limits: { readonly max: number; readonly maxPerUser: number }): RelaySlots {
  const { max, maxPerUser } = limits;
  const held = new Set<RelayedRequest>();
  const count = (isCounted: (request: RelayedRequest) => boolean) => [...held].filter(isCounted).length;
  return {
    take: (request) => {
      const { ownerId, sessionId, begins } = request;
      if (held.size >= max)
        throw busy(`${held.size} of ${max} uploads are being passed on by this server.`, held.size, max);
      const own = count((other) => other.ownerId === ownerId);
      if (own >= maxPerUser)
        throw busy(`${own} of ${maxPerUser} uploads of this user are being passed on.`, own, maxPerUser);
      if (begins && count((other) => other.begins && other.sessionId === sessionId) > 0)
        throw busy('Another request is beginning this very upload.', 1, 1);
      const slot = { ...request };
      held.add(slot);
      return () => void held.delete(slot);
    },
    taken: () => held.size,
  };
}
