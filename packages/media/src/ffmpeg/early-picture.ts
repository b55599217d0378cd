/** A picture that ffmpeg reads earlier than the file says. Pure. */
import type { VideoInfo } from '../plan/media-info.ts';

/** Less is how times are rounded. Seconds. */
const LEAST = 0.005;

/**
 * An MP4 shows nothing before its start (ISO/IEC 14496-12, 8.6.6). Where an edit list hides frames whose offsets are
 * below zero, ffmpeg reckons its times from a frame that is not the first one, and what is shown comes out before the
 * start: by 93 ms in a file with offsets of -96 ms, whose first frame is to be shown at 4 ms. ffmpeg drops frames there.
 *
 * @param start of the file, as ffprobe tells it; seconds
 */
export function withEarlyPicture(video: VideoInfo, start = 0): VideoInfo {
  const { hiddenSeconds, firstSeconds } = video.stats;
  const early = start - firstSeconds;
  return hiddenSeconds > 0 && early > LEAST ? { ...video, earlySeconds: early } : video;
}
