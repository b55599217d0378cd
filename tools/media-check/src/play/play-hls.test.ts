import type { Playback } from '@supabase-media/test-support/playback';
import { expect, it } from 'vitest';
import { judgePlayback } from './play-hls.ts';

const good: Playback = {
  duration: 10.02,
  start: 0.03,
  startupSeconds: 0.1,
  hasEnded: true,
  reached: 10.02,
  stalls: [],
  jumps: [],
  pace: 1.01,
};

it.each<[string, Partial<Playback>, RegExp | undefined]>([
  ['nothing', {}, undefined],
  ['an end that is not reached', { hasEnded: false, reached: 4 }, /stops at 4/],
  ['another duration', { duration: 13 }, /13\.00 s/],
  ['a stall', { stalls: [{ at: 2, seconds: 0.7 }] }, /0\.70 s at 2/],
  ['a skip', { jumps: [{ at: 2, seconds: 5 }] }, /skips 5/],
  ['a clock of its own', { pace: 0.8 }, /0\.80 times/],
])('finds %s', (_name, changes, message) => {
  const found = judgePlayback({ ...good, ...changes }, 10);
  if (message === undefined) expect(found).toEqual([]);
  else expect(found.join()).toMatch(message);
});

it('allows for a last frame whose length nobody told', () => {
  expect(judgePlayback({ ...good, duration: 10.5 }, 10, 0.5)).toEqual([]);
  expect(judgePlayback({ ...good, duration: 10.7 }, 10, 0.5)).not.toEqual([]);
});
