import type { Playback } from '@supabase-media/test-support/playback';
import { expect, it } from 'vitest';
import type { MediaTimes } from '../measure/media-file.ts';
import { judgePlayback, playHls } from './play-hls.ts';

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

/** A player in which it goes like this, one time after the other. */
async function playTimes(...times: readonly (Playback | Error)[]) {
  const left = [...times];
  const watch = async () => {
    const next = left.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error('played too often');
    return next;
  };
  const picture = { times: [0, 9.98], end: 10.02, aspect: 1, returns: 0, sizes: 1, shortSide: 100 };
  const mp4: MediaTimes = { picture, aspect: 1, fps: 50, sound: undefined, soundPackets: [] };
  // The page that `watch` is handed is not looked at.
  return playHls({ watch: watch as never, close: async () => {} }, { folder: '', mp4 });
}

it('plays once more what goes wrong, which is a finding when it does so again', async () => {
  const stalled = { ...good, stalls: [{ at: 2, seconds: 0.7 }] };
  expect(await playTimes(good)).toEqual([]);
  expect(await playTimes(stalled, good)).toEqual([]);
  expect(await playTimes(new Error('nothing to show'), stalled)).toMatchObject([
    { kind: 'play', message: expect.stringMatching(/stands still/) },
  ]);
  expect(await playTimes(stalled, new Error('nothing to show after 20 s\nat'))).toEqual([
    { kind: 'play', message: 'nothing to show after 20 s' },
  ]);
});
