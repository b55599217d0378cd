/** How many uploads one process passes on at a time. */
import { ApiError } from '../api-error.ts';

/** By then one of the running requests has most likely ended, in seconds. */
const RETRY_AFTER_SECONDS = 3;

export interface RelaySlots {
  /** @throws {ApiError} `relay_busy` at once: a request that waits would hold its body open. */
  readonly take: () => () => void;
  readonly taken: () => number;
}

export function createRelaySlots(max: number): RelaySlots {
  let taken = 0;
  return {
    take: () => {
      if (taken >= max)
        throw new ApiError({
          code: 'relay_busy',
          message: `${taken} of ${max} uploads are being passed on by this server.`,
          details: { running: taken, limit: max },
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      taken += 1;
      let isTaken = true;
      return () => {
        if (isTaken) taken -= 1;
        isTaken = false;
      };
    },
    taken: () => taken,
  };
}
