/** How long to wait before the next attempt. Pure: the caller passes the random number. */

/** Options of {@link backoffDelay}. */
export interface BackoffOptions {
  /** 1 for the wait after the first attempt. */
  readonly attempt: number;
  /** A number from 0 up to 1. */
  readonly random: number;
  /** What the server asked for (Retry-After, RFC 9110 section 10.2.3), in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The first wait, in milliseconds. */
  readonly baseMs?: number;
  /** Limits the exponential wait, in milliseconds. */
  readonly maxMs?: number;
}

/** The longest Retry-After that a running request waits for, in milliseconds. */
export const RETRY_AFTER_MAX_MS = 120_000;

/**
 * 1 s, 2 s, 4 s … up to 30 s, each with up to 25 % jitter, so that many workers that failed together do not retry
 * together; never shorter than what the server asked for.
 *
 * @returns milliseconds.
 */
export function backoffDelay(options: BackoffOptions): number {
  const { attempt, random, retryAfterMs = 0, baseMs = 1000, maxMs = 30_000 } = options;
  const exponential = Math.min(baseMs * 2 ** (attempt - 1), maxMs);
  return Math.max(exponential * (1 + random / 4), Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}

/**
 * How many waits it takes to have waited so long, without jitter.
 *
 * @param ms in milliseconds; 0 for none.
 */
export function waitsWithin(ms: number, options: Pick<BackoffOptions, 'baseMs' | 'maxMs'> = {}): number {
  let waits = 0;
  for (let waited = 0; waited < ms; waits++) waited += backoffDelay({ ...options, attempt: waits + 1, random: 0 });
  return waits;
}

/**
 * Reads a Retry-After header (RFC 9110 section 10.2.3): seconds or an HTTP date.
 *
 * @param now milliseconds since the epoch.
 * @param maxMs what a longer wait is cut to, in milliseconds; {@link RETRY_AFTER_MAX_MS} unless told.
 * @returns milliseconds from now, from 0 to `maxMs`; undefined when the header is absent or unreadable.
 */
export function parseRetryAfter(
  header: string | null | undefined,
  now: number,
  maxMs = RETRY_AFTER_MAX_MS,
): number | undefined {
  const text = header?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), maxMs);
}
