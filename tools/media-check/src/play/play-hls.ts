/** A stream in a browser, from its start to its end. */
import { type Playback, type Player, playThrough } from '@supabase-media/test-support/playback';
import { type Finding, LEAST_STREAM, lastFrame } from '../check/judge.ts';
import type { MediaTimes } from '../measure/media-file.ts';

/** A longer video is played this far at this speed, and at its end. Seconds. */
const MOST_SECONDS = 20;
const FAST_FROM_SECONDS = 6;
const FAST = 2;

/**
 * Plays the stream of a result. What goes wrong twice is a finding, also when the browser says so: a machine that does other
 * work stalls once, and a stream always. The second time it is played at its own speed.
 */
export async function playHls(player: Player, made: PlayedResult): Promise<readonly Finding[]> {
  const length = expectedLength(made.mp4);
  const rates = length > FAST_FROM_SECONDS ? [FAST, 1] : [1, 1];
  let found: readonly string[] = [];
  for (const rate of rates) {
    found = await playOnce(player, made, rate);
    if (found.length === 0) break;
  }
  return found.map((message) => ({ kind: 'play' as const, message }));
}

export interface PlayedResult {
  readonly folder: string;
  readonly mp4: MediaTimes;
}

async function playOnce(player: Player, { folder, mp4 }: PlayedResult, rate: number): Promise<readonly string[]> {
  const played = await player
    .watch(folder, 'hls/master.m3u8', (page) => playThrough(page, { rate, most: MOST_SECONDS }))
    .catch((error: Error) => error);
  if (played instanceof Error) return [played.message.split('\n', 1)[0] ?? ''];
  return judgePlayback(played, expectedLength(mp4), lastFrame(mp4));
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
