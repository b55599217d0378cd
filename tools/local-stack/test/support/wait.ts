import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what has no event of its own: looks every 20 ms, for 8 s at most. */
export async function waitUntil(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 8_000; Date.now() < end; await sleep(20)) if (await holds()) return;
  throw new Error('It did not come true within 8 s.');
}
