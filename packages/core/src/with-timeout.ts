/** Limits how long to wait for work that does not accept a signal. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for `work`, at most `limitMs` milliseconds. The work itself continues.
 *
 * @returns whether the work finished in time.
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
