/**
 * The retry loop. p-retry runs it; the error table decides whether to retry, `backoff.ts` how long to wait. Every attempt
 * gets its number and must start from scratch: a consumed stream cannot be sent twice.
 *
 * It ends after more than `retries` failures in a row without progress, or more than {@link LOCKED_MAX} responses that
 * something is locked; those do not count as failures. Progress resets both counts, which still ends: a file is finite.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { backoffDelay } from './backoff.ts';
import { isRetryable, MediaError, type OutageRetries, storageOutageOf, toMediaError } from './errors.ts';

/** Passed to `onRetry` before each wait. */
export interface RetryNotice {
  readonly error: MediaError;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly waitMs: number;
}

export interface RetryOptions {
  /** Further attempts after the first, 0 or more; progress resets the count. */
  readonly retries: number;
  /** Further attempts in a row while Storage is out of order, counted apart; `retries` unless told. */
  readonly outageRetries?: OutageRetries | undefined;
  /** Ends any wait. The caller has to end a running attempt. */
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Whether the failed attempt got further than every earlier one. */
  readonly hasProgressed?: (() => boolean) | undefined;
  /** Failures that an outer loop handles, whatever their class. */
  readonly isFinal?: ((error: MediaError) => boolean) | undefined;
  /** The first wait, in milliseconds. */
  readonly baseMs?: number | undefined;
  readonly random?: (() => number) | undefined;
}

/** How often to check whether a lock was released, with 1 to 2 s in between. */
export const LOCKED_MAX = 30;

/** Failures so far. */
interface FailureCounts {
  /** In a row, without progress. */
  failures: number;
  away: number;
  failing: number;
  locked: number;
}

const NONE: FailureCounts = { failures: 0, away: 0, failing: 0, locked: 0 };

/**
 * Runs `attempt` until it succeeds, fails permanently or has no retries left.
 *
 * @throws {MediaError} the last failure; `aborted` if the signal aborted.
 */
export async function retry<T>(attempt: (number: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal } = options;
  const counts: FailureCounts = { ...NONE };
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
          if (!mayRetry(counts, error, options)) return false;
          await waitBeforeRetry(attemptNumber, error, counts, options);
          return true;
        },
      },
    );
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw toMediaError(error);
  }
}

function mayRetry(counts: FailureCounts, error: MediaError, options: RetryOptions): boolean {
  if (options.isFinal?.(error)) return false;
  if (options.hasProgressed?.()) Object.assign(counts, NONE);
  if (error.retry === 'locked') {
    counts.locked++;
    return counts.locked <= LOCKED_MAX;
  }
  const outage = storageOutageOf(error);
  if (outage !== undefined && options.outageRetries !== undefined) {
    counts[outage]++;
    return counts[outage] <= options.outageRetries[outage];
  }
  counts.failures++;
  return counts.failures <= options.retries;
}

async function waitBeforeRetry(
  attempt: number,
  error: MediaError,
  counts: FailureCounts,
  options: RetryOptions,
): Promise<void> {
  const { baseMs = 1000, random = Math.random, signal, onRetry } = options;
  const retryAfterMs = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : undefined;
  // A lock is released within seconds or never, so the wait does not grow.
  const nth =
    error.retry === 'locked' ? Math.min(counts.locked, 2) : Math.max(1, counts.failures + counts.away + counts.failing);
  const waitMs = backoffDelay({ attempt: nth, random: random(), retryAfterMs, baseMs });
  onRetry?.({ error, attempt, waitMs: Math.round(waitMs) });
  await sleep(waitMs, undefined, { signal });
}

/** The error of aborted work: the signal's reason if that is a {@link MediaError}. */
export const abortedError = (signal: AbortSignal): MediaError =>
  signal.reason instanceof MediaError
    ? signal.reason
    : new MediaError({ code: 'aborted', message: 'The work was stopped.', cause: signal.reason });
