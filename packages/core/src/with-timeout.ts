/** Waiting for what may never come, and takes no signal. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for some work, so many milliseconds at most; the work itself goes on.
 *
 * @returns whether it came to its end.
 * @throws whatever the work throws in that time.
 */
export async function withTimeout(limitMs: number, work: () => Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const late = sleep(limitMs, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([work().then(() => true), late]);
  } finally {
    over.abort();
  }
}
