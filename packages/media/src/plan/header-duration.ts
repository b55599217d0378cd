import type { MediaInfo, VideoInfo } from './media-info.ts';

/** Seconds that were measured, and what the header says to the same; `undefined` where it says nothing. */
export interface HeaderComparison {
  readonly real: number;
  readonly header: number | undefined;
}

/** The video stream's own header where it has one; else the container's, which covers the sound too. */
export function measureAgainstHeader(info: MediaInfo, video: VideoInfo): HeaderComparison {
  if (video.headerDurationSeconds !== undefined) {
    return { real: video.stats.durationSeconds, header: video.headerDurationSeconds };
  }
  return { real: info.durationSeconds, header: info.headerDurationSeconds };
}
