/** Plans the renditions of an HLS stream from the MP4 that it is made of. Pure; acting on it is `outputs/hls.ts`. */
import { type FrameSize, fitShortSide } from '../../plan/frame-size.ts';
import type { MediaInfo, VideoInfo } from '../../plan/media-info.ts';
import type { MediaPolicy } from '../../plan/policy.ts';
import { planTiming, type Timing } from './timing.ts';

/** One video rendition. */
export interface Rung extends FrameSize {
  /** Its folder: `720p`. */
  readonly name: string;
  readonly video: 'copy' | 'encode';
  /** Bits per second; of an encode, the limit given to the encoder. */
  readonly maxRate: number;
}

export interface Ladder {
  /** From large to small; at least one. */
  readonly rungs: readonly Rung[];
  readonly audio: 'copy' | 'encode' | 'none';
  readonly timing: Timing;
  readonly segmentSeconds: number;
  /** Why the largest rung is encoded although the MP4 has its size; `undefined` when it is copied. */
  readonly whyNotCopied: string | undefined;
  readonly whyAudioEncoded: string | undefined;
}

/** A rung this close to the one above it would cost an encode and save nobody bandwidth. */
const LEAST_STEP = 0.9;

/**
 * The MP4's own size on top, copied where it can be cut at its key frames, and every smaller rung of the policy. Nothing
 * is made larger; of a portrait picture the width counts.
 *
 * @param failed what was found wrong with the stream that was planned first. Nothing is copied then, and frames come at a
 * steady rate: of these neither encoder nor muxer guesses a length.
 */
export function planLadder(mp4: MediaInfo, policy: MediaPolicy, failed?: string): Ladder {
  const { video, audio } = mp4;
  if (video === undefined) throw new TypeError('a ladder needs a video');
  const own = { width: video.displayWidth, height: video.displayHeight };
  const ownShort = Math.min(own.width, own.height);
  const planned = planTiming(video, audio);
  const timing = { ...planned, whyFilled: planned.whyFilled ?? failed };
  const whyNotCopied = whyNotCut(video, policy) ?? timing.whyFilled;
  const whyAudioEncoded = timing.whyAudioEncoded ?? (audio && failed);
  const { rungs, segmentSeconds, maxSegments } = policy.hls;
  const lower = rungs.filter(({ shortSide }) => shortSide <= ownShort * LEAST_STEP);
  return {
    rungs: [
      {
        ...(whyNotCopied === undefined ? own : fitShortSide(own, ownShort)),
        name: `${ownShort}p`,
        video: whyNotCopied === undefined ? 'copy' : 'encode',
        maxRate: rungs.findLast(({ shortSide }) => shortSide >= ownShort)?.maxRate ?? policy.video.maxRate,
      },
      ...lower.map(({ shortSide, maxRate }) => ({
        ...fitShortSide(own, shortSide),
        name: `${shortSide}p`,
        video: 'encode' as const,
        maxRate,
      })),
    ],
    audio: audio === undefined ? 'none' : whyAudioEncoded === undefined ? 'copy' : 'encode',
    timing,
    // Whole key frame intervals, so that our own MP4 is cut where it can be.
    segmentSeconds: Math.max(segmentSeconds, 2 * Math.ceil(mp4.durationSeconds / maxSegments / 2)),
    whyNotCopied,
    whyAudioEncoded,
  };
}

/**
 * Segments begin at key frames. And players of HLS do not agree on a rotation in the header: segments made by copying a
 * turned video came out sideways in some.
 */
function whyNotCut(video: VideoInfo, policy: MediaPolicy): string | undefined {
  const gap = video.stats.largestKeyGapSeconds;
  if (video.rotation !== 0 || video.mirrored) return `turned by ${video.rotation} degrees in its header`;
  if (!video.stats.firstPacketIsKey) return 'it does not start with a key frame';
  return gap > policy.hls.maxCopyKeyGapSeconds ? `${gap.toFixed(1)} s without a key frame` : undefined;
}
