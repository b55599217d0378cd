/** How long to wait before the next try. Pure: the randomness is handed in. */

/** No wait of our own is longer, in milliseconds. */
export const BACKOFF_MAX_MS = 30_000;

/** A server that asks for more patience than this is not waited for as long as it says, in milliseconds. */
export const RETRY_AFTER_MAX_MS = 120_000;

/**
 * 1 s, 2 s, 4 s … up to 30 s, each with up to a quarter added, so that many browsers that failed together do not come
 * back together; never shorter than what the server asked for.
 *
 * @param failures how many tries in a row have failed, from 1.
 * @param random from 0 up to 1.
 * @returns milliseconds.
 */
export function backoffDelay(options: { failures: number; random: number; retryAfterMs?: number | undefined }): number {
  const exponential = Math.min(1000 * 2 ** (options.failures - 1), BACKOFF_MAX_MS);
  return Math.max(exponential * (1 + options.random / 4), Math.min(options.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
}

/**
 * Reads a Retry-After header (RFC 9110 section 10.2.3): seconds or a date.
 *
 * @param now milliseconds since the epoch.
 * @returns milliseconds from now, never negative; undefined when there is none or it cannot be read.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
