import type { MediaError } from '@supabase-media/core/errors';
import { describe, expect, it } from 'vitest';
import { watchTimes } from './watchdog.ts';

/** Ticks as the timer would, at the given moments; answers with the code that ended the process. */
function tickAt(moments: readonly number[], progressAt: readonly number[] = []): string | undefined {
  const watch = watchTimes({ program: 'ffmpeg', limits: { totalMs: 60_000, stallMs: 10_000 }, nowMs: 0 });
  let expired: MediaError | undefined;
  for (const moment of moments) {
    if (progressAt.includes(moment)) watch.progress(moment);
    expired ??= watch.tick(moment);
  }
  return expired?.code;
}

const everySecond = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => (from + index) * 1000);

describe('the times of a process that is watched', () => {
  it.each([
    ['10 s of silence', everySecond(1, 10), undefined],
    ['more', everySecond(1, 11), 'ffmpeg_stalled'],
    ['a machine that stood still for an hour', [1000, 3_600_000, ...everySecond(3601, 3609)], undefined],
    ['silence after it', [1000, 3_600_000, ...everySecond(3601, 3611)], 'ffmpeg_stalled'],
  ] as const)('%s', (_, moments, code) => {
    expect(tickAt(moments)).toBe(code);
  });

  it('do not count a standstill of the machine against the whole time either', () => {
    const seconds = everySecond(1, 130);
    expect(tickAt(seconds, seconds)).toBe('ffmpeg_timeout');
    expect(tickAt([1000, 3_600_000, ...everySecond(3601, 3650)], everySecond(3600, 3650))).toBeUndefined();
  });
});
