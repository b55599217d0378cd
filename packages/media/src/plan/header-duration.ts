import type { MediaInfo, VideoInfo } from './media-info.ts';

/** Seconds that were measured, and what the header says to the same; `undefined` where it says nothing. */
export interface HeaderComparison {
  readonly real: number;
  readonly header: number | undefined;
}

/** The video stream's own header where it has one; else the container's, which covers the sound too. */
export function measureAgainstHeader(info: MediaInfo, video: VideoInfo): HeaderComparison {
  const { firstSeconds } = video.stats;
  if (video.headerDurationSeconds !== undefined) {
    return compare({ real: video.stats.durationSeconds, header: video.headerDurationSeconds, start: firstSeconds });
  }
  const start = Math.min(firstSeconds, info.audio?.stats.firstSeconds ?? firstSeconds);
  return compare({ real: info.durationSeconds, header: info.headerDurationSeconds, start });
}

/** A clock that starts later than this is the time of day or of the calendar: no video lasts so long. Seconds. */
const CALENDAR = 24 * 3600;
/** An end that agrees with the clock is one. Seconds. */
const SAME_END = 1;

/**
 * Matroska, and ffprobe of a fragmented MP4, say when the video ends by its own clock. Where the clock does not start near
 * 0 (a live recording may count from 1970) that is no duration until the start is taken off.
 */
function compare({ real, header, start }: HeaderComparison & { readonly start: number }): HeaderComparison {
  if (header === undefined || start <= 0 || header <= start) return { real, header };
  const sinceStart = header - start;
  const isEnd = start > CALENDAR || Math.abs(sinceStart - real) <= SAME_END;
  return { real, header: isEnd ? sinceStart : header };
}
