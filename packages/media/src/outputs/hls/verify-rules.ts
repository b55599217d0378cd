/**
 * What an HLS stream must hold before it is published, judged by the times of its frames as a browser reads them, and by
 * probes. Pure.
 */
import type { ProbeResult, VideoMedia } from '../../plan/media-info.ts';
import type { Ladder, Rung } from './ladder.ts';
import type { HlsRendition } from './rendition.ts';
import { MAX_FRAME_GAP_SECONDS, MAX_SHIFT_SECONDS } from './timing.ts';

/** A frame that is repeated in a hole may come a little later than it is due. */
const GAP_TOLERANCE_SECONDS = 0.1;

/**
 * The end of a rendition may differ by so much, or a hundredth: the last frame's own length is told by nobody, and the
 * last packet of sound is whole.
 */
const END_TOLERANCE_SECONDS = 0.15;

/** What is wrong, or `undefined`. */
export function compareRenditions(
  mp4: Pick<VideoMedia, 'video'>,
  ladder: Ladder,
  videos: readonly HlsRendition[],
  audio: HlsRendition | undefined,
): string | undefined {
  const [top] = videos;
  if (top === undefined) return 'there is no video';
  for (const [index, rendition] of videos.entries()) {
    const wrong =
      whyNotAligned(rendition, top) ??
      whyNotOnTime(rendition) ??
      whyWrongPicture(rendition, mp4, ladder, ladder.rungs[index]?.video === 'copy');
    if (wrong !== undefined) return wrong;
  }
  return audio && whyWrongSound(audio, ladder);
}

/** Two rungs whose segments begin at different frames make a player stumble that changes between them. */
function whyNotAligned({ name, segments }: HlsRendition, top: HlsRendition): string | undefined {
  if (segments.length !== top.segments.length)
    return `${name} has ${segments.length} segments where ${top.name} has ${top.segments.length}`;
  const apart = segments.findIndex(({ times }, index) => {
    const other = top.segments[index]?.times.firstSeconds ?? 0;
    return Math.abs(times.firstSeconds - other) > MAX_SHIFT_SECONDS;
  });
  return apart < 0 ? undefined : `segment ${apart} of ${name} begins at another time than that of ${top.name}`;
}

/** A player looks for a moment where the playlist says that it is, and waits for the end that it promises. */
function whyNotOnTime({ name, segments }: HlsRendition): string | undefined {
  let promised = 0;
  for (const [index, { times, seconds }] of segments.entries()) {
    const late = times.firstSeconds - promised;
    if (Math.abs(late) > MAX_SHIFT_SECONDS)
      return `segment ${index} of ${name} begins ${late.toFixed(3)} s later than its playlist says`;
    promised += seconds;
  }
  return whyWrongEnd(`the playlist of ${name}`, promised, segments.at(-1)?.times.endSeconds ?? 0);
}

function whyWrongPicture(
  rendition: HlsRendition,
  { video: { stats } }: Pick<VideoMedia, 'video'>,
  { timing }: Ladder,
  isCopied: boolean,
): string | undefined {
  const { name } = rendition;
  const { first, last, end, gap, frames } = timesOf(rendition);
  if (Math.abs(first) > MAX_SHIFT_SECONDS) return `${name} begins at ${first.toFixed(3)} s, not at 0`;
  if (gap > MAX_FRAME_GAP_SECONDS + GAP_TOLERANCE_SECONDS) return `${name} has ${gap.toFixed(2)} s without a frame`;
  if (timing.whyFilled !== undefined) return whyWrongEnd(name, end, timing.end);
  if (isCopied && frames !== stats.packets) return `${name} has ${frames} frames of ${stats.packets}`;
  const expected = timing.pictureLast;
  if (Math.abs(last - expected) > MAX_SHIFT_SECONDS)
    return `the last frame of ${name} is shown at ${last.toFixed(3)} s, not at ${expected.toFixed(3)} s`;
  return whyWrongEnd(name, end, timing.pictureEnd);
}

function whyWrongSound(rendition: HlsRendition, { audio, timing }: Ladder): string | undefined {
  const { first, end } = timesOf(rendition);
  const expected = audio === 'encode' ? 0 : timing.audioStart;
  if (Math.abs(first - expected) > MAX_SHIFT_SECONDS)
    return `the sound begins at ${first.toFixed(3)} s, not at ${expected.toFixed(3)} s`;
  return audio === 'encode' ? whyWrongEnd('the sound', end, timing.end) : undefined;
}

function whyWrongEnd(name: string, end: number, expected: number): string | undefined {
  if (Math.abs(end - expected) <= Math.max(END_TOLERANCE_SECONDS, expected * 0.01)) return undefined;
  return `${name} ends at ${end.toFixed(2)} s, not at ${expected.toFixed(2)} s`;
}

/** All segments together. */
function timesOf({ segments }: HlsRendition) {
  const times = segments.map((segment) => segment.times);
  const [first, last] = [times[0], times.at(-1)];
  const between = times.map(({ firstSeconds }, at) => firstSeconds - (times[at - 1]?.lastSeconds ?? firstSeconds));
  const tail = (last?.endSeconds ?? 0) - (last?.lastSeconds ?? 0);
  return {
    first: first?.firstSeconds ?? 0,
    last: last?.lastSeconds ?? 0,
    end: last?.endSeconds ?? 0,
    gap: Math.max(...times.map(({ largestGapSeconds }) => largestGapSeconds), ...between, tail),
    frames: times.reduce((sum, { frames }) => sum + frames, 0),
  };
}

/** What is wrong with the pictures of a rung. */
export function compareRung(rung: Rung, probe: ProbeResult): string | undefined {
  if (!probe.readable || probe.video === undefined) return `${rung.name} cannot be read`;
  const { codec, codedWidth, codedHeight, stats, rotation } = probe.video;
  if (codec !== 'h264') return `the video of ${rung.name} is ${codec}`;
  if (rotation !== 0) return `${rung.name} is turned by ${rotation} degrees`;
  if (rung.video === 'encode' && (codedWidth !== rung.width || codedHeight !== rung.height)) {
    return `${rung.name} is ${codedWidth}x${codedHeight}, not ${rung.width}x${rung.height}`;
  }
  return stats.firstPacketIsKey ? undefined : `${rung.name} does not start with a key frame`;
}
