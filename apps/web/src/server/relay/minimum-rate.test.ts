import { expect, it } from 'vitest';
import { createMinimumRate } from './minimum-rate.ts';

const WINDOW_MS = 60_000;

/** When a client is found too slow, in milliseconds: pieces come after waits, and Storage takes a while for each. */
function firstTooSlow(
  bytesPerSecond: number,
  { bytes, everyMs, storageMs = 0 }: { bytes: number; everyMs: number; storageMs?: number },
): number | undefined {
  const rate = createMinimumRate({ bytesPerSecond, windowMs: WINDOW_MS });
  let nowMs = 0;
  while (nowMs < 600_000) {
    rate.waits(nowMs);
    nowMs += everyMs;
    rate.came(bytes, nowMs);
    if (rate.tooSlow(nowMs) !== undefined) return nowMs;
    nowMs += storageMs;
  }
  return undefined;
}

it.each([
  ['one byte in 30 s', { bytes: 1, everyMs: 30_000 }, 60_000],
  ['1 KB/s', { bytes: 1000, everyMs: 1000 }, 60_000],
  ['20 KB/s', { bytes: 20_000, everyMs: 1000 }, undefined],
  ['20 KB/s that comes in bursts after 50 s of silence', { bytes: 1_000_000, everyMs: 50_000 }, undefined],
  [
    'a fast client before a Storage that takes 20 s for each piece',
    { bytes: 16_384, everyMs: 1, storageMs: 20_000 },
    undefined,
  ],
])('%s', (_, client, expected) => {
  expect(firstTooSlow(2048, client)).toBe(expected);
});

it('allows any rate where none is demanded', () => {
  expect(firstTooSlow(0, { bytes: 1, everyMs: 30_000 })).toBeUndefined();
});
