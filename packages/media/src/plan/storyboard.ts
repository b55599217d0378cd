/** Plans the picture of small pictures that players show while seeking, and writes its index. Pure. */
import { type FrameSize, fitSquare } from './frame-size.ts';
import type { MediaInfo } from './media-info.ts';
import type { MediaPolicy } from './policy.ts';

export interface StoryboardPlan {
  readonly tile: FrameSize;
  readonly columns: number;
  readonly rows: number;
  readonly tiles: number;
  readonly secondsPerTile: number;
  /** Of the whole video. */
  readonly durationSeconds: number;
  /** Key frames are close enough together to be all that is decoded: a twelfth of the work. */
  readonly fromKeyframes: boolean;
}

/** How much later than planned a key frame may come: one frame at 4 frames per second. */
const KEYFRAME_SLACK_SECONDS = 0.25;

/** Tiles for the whole length, at most so many, in one picture no wider than it needs to be. */
export function planStoryboard(mp4: MediaInfo, policy: MediaPolicy['storyboard']): StoryboardPlan {
  const { video } = mp4;
  if (video === undefined) throw new TypeError('a storyboard needs a video');
  const { durationSeconds, largestKeyGapSeconds } = video.stats;
  const secondsPerTile = Math.max(policy.minSecondsPerTile, Math.ceil(durationSeconds / policy.maxTiles));
  const tiles = Math.min(policy.maxTiles, Math.max(1, Math.ceil(durationSeconds / secondsPerTile)));
  const columns = Math.min(policy.columns, tiles);
  return {
    tile: fitSquare({ width: video.displayWidth, height: video.displayHeight }, policy.tileSide),
    columns,
    rows: Math.ceil(tiles / columns),
    tiles,
    secondsPerTile,
    durationSeconds,
    fromKeyframes: largestKeyGapSeconds <= secondsPerTile + KEYFRAME_SLACK_SECONDS,
  };
}

/**
 * The index: WebVTT cues, each naming a part of the picture by a spatial media fragment (W3C Media Fragments 4.2.2), as
 * players expect it of thumbnail tracks.
 */
export function renderStoryboardVtt(plan: StoryboardPlan, imageName: string): string {
  const { tile, columns, secondsPerTile } = plan;
  const cues = Array.from({ length: plan.tiles }, (_, index) => {
    const from = index * secondsPerTile;
    const isLast = index === plan.tiles - 1;
    // A cue must end after it began, also in a video of one frame.
    const to = isLast ? Math.max(from + 0.001, plan.durationSeconds) : from + secondsPerTile;
    const x = (index % columns) * tile.width;
    const y = Math.floor(index / columns) * tile.height;
    return `${cueTime(from)} --> ${cueTime(to)}\n${imageName}#xywh=${x},${y},${tile.width},${tile.height}\n`;
  });
  return `WEBVTT\n\n${cues.join('\n')}`;
}

/** `01:02:03.456`: hours of at least two digits (WebVTT timestamp). */
export function cueTime(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const whole = Math.floor(milliseconds / 1000);
  return `${pad(Math.floor(whole / 3600))}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}.${pad(milliseconds % 1000, 3)}`;
}
