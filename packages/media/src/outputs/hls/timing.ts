/**
 * What a browser's Media Source Extensions need that an MP4 does not: sound and picture from the first moment to the
 * last, without holes. Pure. They know no edit lists, so that a later start is lost, and a hole stalls the player
 * (measured with hls.js in Chromium: a gap of 15 s threw the clock to 47,739 s, one of 40 s stalled for good).
 */
import type { AudioInfo, PacketStats, VideoInfo } from '../../plan/media-info.ts';

export interface Timing {
  /** When the picture begins, on the clock of the stream; the first frame is held from 0 on. Seconds. */
  readonly pictureStart: number;
  /** When the last frame is shown, and when it is over, on the same clock. */
  readonly pictureLast: number;
  readonly pictureEnd: number;
  /** When the stream ends: with sound or picture, whichever is later, and no sooner than a player needs. Seconds from 0. */
  readonly end: number;
  /** Why frames are repeated at `fillFps`: the picture has holes, or too few frames. */
  readonly whyFilled: string | undefined;
  readonly fillFps: number;
  /** The sound has holes or is too short, which is filled with silence; `undefined` where it is copied. */
  readonly whyAudioEncoded: string | undefined;
  /** When the sound begins if it is copied, in seconds from 0. */
  readonly audioStart: number;
}

/** Between two frames. hls.js played gaps of 5 s with skips, and none of up to 2 s did harm. */
export const MAX_FRAME_GAP_SECONDS = 2;
/** Sound and picture may begin this much apart: what ITU-R BT.1359 gives as just noticed is 45 ms. */
export const MAX_SHIFT_SECONDS = 0.04;
/** hls.js jumps holes of up to 0.1 s in the sound (maxBufferHole), with a skip of the picture. */
const MAX_SILENT_GAP_SECONDS = 0.05;
/** When the sound ends this much before the picture, a player waits for more of it. */
const MAX_EARLY_END_SECONDS = 0.5;
/**
 * Beside sound, Chromium shows a first frame only when it has so much sound and so many frames to decode (0.2 s; two
 * frames held back to be reordered, two by threads), or all there is. hls.js says that it is all once a first frame is
 * shown: a stream with less never starts (hls.js 1.7.4; 0.16 s of sound, or 2 frames in 2 s, stood still).
 */
const LEAST_SECONDS = 0.25;
const LEAST_FRAMES = 6;
/** Samples of a packet of AAC LC, and of HE-AAC, the largest. */
const LC_PACKET_SAMPLES = 1024;
const MAX_PACKET_SAMPLES = 2048;

/** ffmpeg counts from the earlier of both starts on. */
export function planTiming(video: VideoInfo, audio: AudioInfo | undefined): Timing {
  const { stats } = video;
  const start = Math.min(stats.firstSeconds, audio?.stats.firstSeconds ?? stats.firstSeconds);
  const pictureStart = stats.firstSeconds - start;
  const pictureLast = stats.lastSeconds - start;
  const pictureEnd = pictureStart + stats.durationSeconds;
  const audioStart = (audio?.stats.firstSeconds ?? start) - start;
  const audioEnd = audioStart + (audio?.stats.durationSeconds ?? 0);
  // A first frame that is held lasts as much longer, and may be the one before the longest gap.
  const gap = Math.max(stats.largestGapSeconds + pictureStart, audioEnd - pictureEnd);
  return {
    pictureStart,
    pictureLast,
    pictureEnd,
    end: Math.max(pictureEnd, audioEnd, audio === undefined ? 0 : LEAST_SECONDS),
    whyFilled: whyFillPicture(gap, audio === undefined ? LEAST_FRAMES : stats.packets),
    fillFps: chooseFillFps(video.realFps ?? Number.POSITIVE_INFINITY, stats),
    whyAudioEncoded: audio && whyFillSound(audio, { audioStart, audioEnd, lateBy: pictureEnd - audioEnd }),
    audioStart,
  };
}

function whyFillPicture(gap: number, frames: number): string | undefined {
  if (gap > MAX_FRAME_GAP_SECONDS) return `${gap.toFixed(1)} s without a frame`;
  return frames < LEAST_FRAMES ? `beside sound, ${frames} frames are fewer than a player needs` : undefined;
}

function whyFillSound(
  { stats, sampleRate, profile }: AudioInfo,
  { audioStart, audioEnd, lateBy }: { readonly audioStart: number; readonly audioEnd: number; readonly lateBy: number },
): string | undefined {
  if (audioEnd < LEAST_SECONDS) return `it ends after ${audioEnd.toFixed(2)} s, sooner than a player needs`;
  if (audioStart > MAX_SHIFT_SECONDS) return `it begins ${audioStart.toFixed(2)} s after the picture`;
  if (lateBy > MAX_EARLY_END_SECONDS) return `it ends ${lateBy.toFixed(1)} s before the picture`;
  const packet = (profile === 'LC' ? LC_PACKET_SAMPLES : MAX_PACKET_SAMPLES) / Math.max(1, sampleRate);
  // Only whole packets can be left out at the start, and the first that is kept may begin as late.
  if (stats.hiddenSeconds > 0 && packet > MAX_SHIFT_SECONDS) return `its packets are ${packet.toFixed(3)} s long`;
  const hole = stats.largestGapSeconds - MAX_PACKET_SAMPLES / Math.max(1, sampleRate);
  return hole > MAX_SILENT_GAP_SECONDS ? `${hole.toFixed(2)} s of it are missing` : undefined;
}

/** No camera takes more; a clock of milliseconds looks like 1000. Frames per second. */
const MAX_CREDIBLE_FPS = 250;
/** What is brought to the rates of most recorders, and of those that take more. */
const UNKNOWN_FPS = { slow: 30, fast: 60 };

/**
 * A multiple or a part of the rate, so that frames keep their times. Where it is unknown, or that of a clock, how densely
 * frames come outside of the longest gap decides.
 */
function chooseFillFps(fps: number, { packets, durationSeconds, largestGapSeconds }: PacketStats): number {
  if (fps > MAX_CREDIBLE_FPS || fps < 1) {
    const dense = packets / Math.max(0.001, durationSeconds - largestGapSeconds);
    return dense > UNKNOWN_FPS.slow * 1.1 ? UNKNOWN_FPS.fast : UNKNOWN_FPS.slow;
  }
  if (fps > 61) return fps / Math.ceil(fps / 60);
  return fps >= 24 ? fps : fps * Math.ceil(24 / fps);
}
