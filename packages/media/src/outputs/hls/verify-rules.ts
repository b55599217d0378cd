/** What an HLS stream must hold before it is published, judged by playlists and probes. Pure. */

import type { MediaInfo, ProbeResult } from '../../plan/media-info.ts';
import type { Ladder, Rung } from './ladder.ts';
import type { HlsRendition } from './rendition.ts';

/** Two renditions may part by no more than this at a segment's end, or a player that changes between them stumbles. */
const ALIGNMENT_SECONDS = 0.1;

/** Sound and picture may start no further apart than in the MP4 by this much. */
const START_SECONDS = 0.05;

/**
 * But the sound may begin earlier by what an AAC encoder needs to warm up, which an MP4 hides by its edit list and a
 * segment shows: 1024 samples of LC are 21 ms, 2112 of HE-AAC at 22.05 kHz are 96 ms.
 */
const PRIMING_SECONDS = 0.1;

/** What is wrong, or `undefined`. */
export function compareRenditions(
  mp4: MediaInfo,
  videos: readonly HlsRendition[],
  audio: HlsRendition | undefined,
): string | undefined {
  const [top] = videos;
  if (top === undefined || mp4.video === undefined) return 'there is no video';
  for (const rendition of videos) {
    const wrong = whyWrongLength(rendition, mp4.video.stats.durationSeconds);
    if (wrong !== undefined) return wrong;
    if (rendition.segments.length !== top.segments.length) {
      return `${rendition.name} has ${rendition.segments.length} segments where ${top.name} has ${top.segments.length}`;
    }
    const apart = rendition.segments.findIndex(
      ({ seconds }, index) => Math.abs(seconds - (top.segments[index]?.seconds ?? 0)) > ALIGNMENT_SECONDS,
    );
    if (apart >= 0) return `segment ${apart} of ${rendition.name} is not as long as that of ${top.name}`;
  }
  if (audio === undefined || mp4.audio === undefined) return undefined;
  return whyWrongLength(audio, mp4.audio.stats.durationSeconds);
}

/** Within one percent or a second, whichever is more: the last frame's own length is told by nobody. */
function whyWrongLength({ name, durationSeconds }: HlsRendition, expected: number): string | undefined {
  if (Math.abs(durationSeconds - expected) <= Math.max(1, expected * 0.01)) return undefined;
  return `${name} has ${durationSeconds.toFixed(2)} s of ${expected.toFixed(2)} s`;
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

/** What is wrong with the times at which the first segments begin. */
export function compareStarts(
  mp4: MediaInfo,
  ladder: Ladder,
  starts: { readonly videos: readonly number[]; readonly audio: number | undefined },
): string | undefined {
  const [first] = starts.videos;
  if (first === undefined || mp4.video === undefined) return 'there is no video';
  const late = starts.videos.findIndex((start) => Math.abs(start - first) > START_SECONDS);
  if (late >= 0) return `${ladder.rungs[late]?.name} starts at another time than ${ladder.rungs[0]?.name}`;
  if (starts.audio === undefined || mp4.audio === undefined) return undefined;
  const apart = starts.audio - first;
  const inMp4 = mp4.audio.stats.firstSeconds - mp4.video.stats.firstSeconds;
  const shift = apart - inMp4;
  if (shift <= START_SECONDS && shift >= -START_SECONDS - PRIMING_SECONDS) return undefined;
  return `sound and picture start ${apart.toFixed(3)} s apart, ${inMp4.toFixed(3)} s in the MP4`;
}
