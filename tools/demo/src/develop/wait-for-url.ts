/** Waits until a starting server responds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '@supabase-media/core/deadline';

/** The polling interval, in milliseconds. */
const EVERY_MS = 150;

/** @throws the signal's reason; an AbortError after `timeoutMs`. */
export async function waitForUrl(url: string, options: { signal: AbortSignal; timeoutMs: number }): Promise<void> {
  const { signal } = startDeadline(options.timeoutMs, options.signal);
  for (;;) {
    const isThere = await fetch(url, { signal }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isThere) return;
    signal.throwIfAborted();
    await sleep(EVERY_MS, undefined, { signal });
  }
}
