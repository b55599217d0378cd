/** Plans the clip that plays while a pointer is over a video's picture. Pure. */
import { effectiveFps } from '../../plan/copy-rules.ts';
import { type FrameSize, fitSquare } from '../../plan/frame-size.ts';
import type { VideoMedia } from '../../plan/media-info.ts';
import { videoStart } from '../../plan/video-start.ts';

export interface PreviewPlan {
  readonly size: FrameSize;
  readonly fps: number;
  /** Stretches of the video, joined in this order. Times count from the start of the file. */
  readonly moments: readonly { readonly fromSeconds: number; readonly seconds: number }[];
  /** Of all moments together. */
  readonly seconds: number;
}

const SECONDS = 6;

/** From this length on, four moments tell more than one stretch; below, they would be so close as to look like a stutter. */
const MANY_MOMENTS_FROM_SECONDS = 4 * SECONDS;
const MOMENTS = 4;

/** 480 wide, or 480 high in portrait: as many pixels either way. */
const LONG_SIDE = 480;

/** A small moving picture gains nothing above 30 frames per second; a slideshow needs some to be a video at all. */
const MAX_FPS = 30.5;
const MIN_FPS = 10;

/** A frame at the very time that is sought may be dropped by rounding. */
const SEEK_SLACK_SECONDS = 0.05;

/** Of a short video all of it, of a longer one six seconds from its middle, of a long one four moments spread over it. */
export function planPreview(mp4: VideoMedia): PreviewPlan {
  const { video } = mp4;
  const { durationSeconds: whole, firstSeconds, lastSeconds } = video.stats;
  const seconds = Math.min(SECONDS, whole);
  const count = whole < MANY_MOMENTS_FROM_SECONDS ? 1 : MOMENTS;
  const latest = Math.max(0, lastSeconds - firstSeconds - SEEK_SLACK_SECONDS);
  const moments = Array.from({ length: count }, (_, index) => {
    const middle = (whole * (index + 0.5)) / count;
    const from = Math.min(latest, Math.max(0, middle - seconds / count / 2));
    return { fromSeconds: videoStart(video, mp4) + from, seconds: seconds / count };
  });
  return {
    size: fitSquare({ width: video.displayWidth, height: video.displayHeight }, LONG_SIDE),
    fps: previewFps(effectiveFps(video) ?? MAX_FPS),
    moments,
    seconds,
  };
}

/** The video's own rate, or every second frame of it. */
function previewFps(own: number): number {
  const halved = own > MAX_FPS ? own / Math.ceil(own / MAX_FPS) : own;
  return Math.max(MIN_FPS, halved);
}
