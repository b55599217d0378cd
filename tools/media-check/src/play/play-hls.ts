/** A stream in a browser, from its start to its end. */
import { type Playback, type Player, playThrough } from '@supabase-media/test-support/playback';
import { type Finding, LEAST_STREAM, lastFrame } from '../check/judge.ts';
import type { MediaTimes } from '../measure/media-file.ts';

/** A longer video is played this far at this speed, and at its end. Seconds. */
const MOST_SECONDS = 20;
const FAST_FROM_SECONDS = 6;
const FAST = 2;

/** Plays the stream of a result. What goes wrong is a finding, also when the browser says so. */
export async function playHls(
  player: Player,
  { folder, mp4 }: { readonly folder: string; readonly mp4: MediaTimes },
): Promise<readonly Finding[]> {
  const length = expectedLength(mp4);
  const rate = length > FAST_FROM_SECONDS ? FAST : 1;
  const played = await player
    .watch(folder, 'hls/master.m3u8', (page) => playThrough(page, { rate, most: MOST_SECONDS }))
    .catch((error: Error) => error);
  if (played instanceof Error) return [{ kind: 'play', message: played.message.split('\n', 1)[0] ?? '' }];
  return judgePlayback(played, length, lastFrame(mp4)).map((message) => ({ kind: 'play' as const, message }));
}

const expectedLength = ({ picture, sound }: MediaTimes): number =>
  Math.max(picture.end, sound?.end ?? 0, sound === undefined ? 0 : LEAST_STREAM);

/**
 * What was wrong with the way it played, beside an MP4 of so many seconds, of which its last frame, whose length few
 * containers tell, may take some more.
 */
export function judgePlayback(
  { duration, start, stalls, jumps, hasEnded, reached, pace }: Playback,
  length: number,
  last = 0,
): string[] {
  const s = (seconds: number) => `${seconds.toFixed(2)} s`;
  const list = (events: Playback['stalls']) => events.map(({ at, seconds }) => `${s(seconds)} at ${s(at)}`).join(', ');
  return [
    ...(hasEnded ? [] : [`it stops at ${s(reached)}`]),
    ...(Math.abs(duration - length) <= Math.max(0.1, length * 0.01) + last
      ? []
      : [`it says it lasts ${s(duration)}, the MP4 ${s(length)}`]),
    ...(start < 0.5 ? [] : [`it starts at ${s(start)}`]),
    ...(stalls.length === 0 ? [] : [`it stands still for ${list(stalls)}`]),
    ...(jumps.length === 0 ? [] : [`it skips ${list(jumps)}`]),
    ...(Math.abs(pace - 1) <= 0.1 ? [] : [`it plays at ${pace.toFixed(2)} times the speed`]),
  ];
}
