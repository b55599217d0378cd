/** Waits until a server that is being started answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '@supabase-media/core/deadline';

/** Between two questions, in milliseconds. */
const EVERY_MS = 150;

/** @throws the signal's reason; an AbortError by itself after `timeoutMs`. */
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
