/**
 * The loop around everything that may be tried again. p-retry runs it; the error table says whether, `backoff.ts` how
 * long to wait. Every attempt gets its number and must start from nothing: a consumed stream cannot be sent twice.
 *
 * What bounds it: `retries` failures in a row without progress, and {@link LOCKED_MAX} answers that something is locked,
 * which cost nothing but patience. Progress begins the count anew, because a file of finite size can only progress so
 * often.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { backoffDelay } from './backoff.ts';
import { isRetryable, MediaError, toMediaError } from './errors.ts';

/** Told before each wait. */
export interface RetryNotice {
  readonly error: MediaError;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly waitMs: number;
}

export interface RetryOptions {
  /** Further attempts after the first, 0 or more, counted anew after every progress. */
  readonly retries: number;
  /** Ends any wait; a running attempt is the caller's to end. */
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Whether the attempt that failed came further than any before it. */
  readonly hasProgressed?: (() => boolean) | undefined;
  /** Failures that this loop leaves to the one around it, whatever their class. */
  readonly isFinal?: ((error: MediaError) => boolean) | undefined;
  /** The first wait, in milliseconds. */
  readonly baseMs?: number | undefined;
  readonly random?: (() => number) | undefined;
}

/** A lock that outlives this many looks, a few seconds apart, is not let go. */
export const LOCKED_MAX = 30;

/** How failures are counted. */
interface Tally {
  /** In a row, without progress. */
  failures: number;
  locked: number;
}

/**
 * Runs `attempt` until it succeeds, fails for good or has used its retries.
 *
 * @throws {MediaError} the last failure; `aborted` when the signal ended it.
 */
export async function retry<T>(attempt: (number: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal } = options;
  const tally: Tally = { failures: 0, locked: 0 };
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
        // Counted and timed here: p-retry knows neither progress nor Retry-After.
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 0,
        maxTimeout: 0,
        shouldRetry: async ({ error, attemptNumber }) => {
          if (signal?.aborted || !(error instanceof MediaError) || !isRetryable(error)) return false;
          if (!mayTryAgain(tally, error, options)) return false;
          await waitBefore(attemptNumber, error, tally, options);
          return true;
        },
      },
    );
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw toMediaError(error);
  }
}

function mayTryAgain(tally: Tally, error: MediaError, options: RetryOptions): boolean {
  if (options.isFinal?.(error)) return false;
  if (options.hasProgressed?.()) Object.assign(tally, { failures: 0, locked: 0 });
  if (error.retry === 'locked') {
    tally.locked++;
    return tally.locked <= LOCKED_MAX;
  }
  tally.failures++;
  return tally.failures <= options.retries;
}

async function waitBefore(attempt: number, error: MediaError, tally: Tally, options: RetryOptions): Promise<void> {
  const { baseMs = 1000, random = Math.random, signal, onRetry } = options;
  const retryAfterMs = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : undefined;
  // A lock is let go within seconds or never: the wait does not grow.
  const nth = error.retry === 'locked' ? Math.min(tally.locked, 2) : tally.failures;
  const waitMs = backoffDelay({ attempt: nth, random: random(), retryAfterMs, baseMs });
  onRetry?.({ error, attempt, waitMs: Math.round(waitMs) });
  await sleep(waitMs, undefined, { signal });
}

/** The error of work that its signal ended: the signal's own reason when that already is one of ours. */
export const abortedError = (signal: AbortSignal): MediaError =>
  signal.reason instanceof MediaError
    ? signal.reason
    : new MediaError({ code: 'aborted', message: 'The work was stopped.', cause: signal.reason });
