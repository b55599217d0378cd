import type { MediaInfo, VideoInfo } from './media-info.ts';

/** Seconds from the start of a file, whose clock need not start at 0, to its first frame: seeking counts from there. */
export function videoStart({ stats }: VideoInfo, { audio }: Pick<MediaInfo, 'audio'>): number {
  return Math.max(0, stats.firstSeconds - (audio?.stats.firstSeconds ?? stats.firstSeconds));
}
