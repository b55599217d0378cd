/**
 * The loop around everything that may be tried again. p-retry runs it; the error table says whether, `backoff.ts` how
 * long to wait. Every attempt gets its number and must start from nothing: a consumed stream cannot be sent twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { isRetryable, MediaError, toMediaError } from '../errors.ts';
import { backoffDelay } from './backoff.ts';

/** Told before each wait. */
export interface RetryNotice {
  readonly error: MediaError;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly waitMs: number;
  readonly retriesLeft: number;
}

export interface RetryOptions {
  /** Further attempts after the first, 0 or more. */
  readonly retries: number;
  /** Ends the running attempt (which is handed it by the caller) and any wait. */
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** The first wait, in milliseconds. */
  readonly baseMs?: number | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * Runs `attempt` until it succeeds, fails for good or has used its retries.
 *
 * @throws {MediaError} the last failure; `aborted` when the signal ended it.
 */
export async function retry<T>(attempt: (number: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { retries, signal, onRetry, baseMs = 1000, random = Math.random } = options;
  const wait = async (error: MediaError, number: number, retriesLeft: number): Promise<void> => {
    const retryAfterMs = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : undefined;
    const waitMs = backoffDelay({ attempt: number, random: random(), retryAfterMs, baseMs });
    onRetry?.({ error, attempt: number, waitMs: Math.round(waitMs), retriesLeft });
    await sleep(waitMs, undefined, { signal });
  };
  try {
    return await pRetry(
      async (number) => {
        signal?.throwIfAborted();
        try {
          return await attempt(number);
        } catch (error) {
          throw toMediaError(error);
        }
      },
      {
        retries,
        // The waits are ours: p-retry's own timer neither knows Retry-After nor jitter below its factor.
        minTimeout: 0,
        maxTimeout: 0,
        shouldRetry: ({ error }) => !signal?.aborted && error instanceof MediaError && isRetryable(error),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (error instanceof MediaError && isRetryable(error) && retriesLeft > 0 && !signal?.aborted)
            await wait(error, attemptNumber, retriesLeft);
        },
      },
    );
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw toMediaError(error);
  }
}

/** The error of work that its signal ended: the signal's own reason when that already is one of ours. */
export const abortedError = (signal: AbortSignal): MediaError =>
  signal.reason instanceof MediaError
    ? signal.reason
    : new MediaError({ code: 'aborted', message: 'The work was stopped.', cause: signal.reason });
