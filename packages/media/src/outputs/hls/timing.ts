/**
 * What a browser's Media Source Extensions need that an MP4 does not: sound and picture from the first moment to the
 * last, without holes. Pure. They know no edit lists, so that a later start is lost, and a hole stalls the player
 * (measured with hls.js in Chromium: a gap of 15 s threw the clock to 47,739 s, one of 40 s stalled for good).
 */
import type { AudioInfo, VideoInfo } from '../../plan/media-info.ts';

export interface Timing {
  /** When the picture begins, on the clock of the stream; the first frame is held from 0 on. Seconds. */
  readonly pictureStart: number;
  /** When sound or picture end, whichever is later, in seconds from 0. */
  readonly end: number;
  /** The picture has holes; frames are repeated at `fillFps` to close them. */
  readonly whyFilled: string | undefined;
  readonly fillFps: number;
  /** The sound has holes, which are filled with silence; `undefined` where it is copied. */
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
/** Samples of a packet of AAC LC, and of HE-AAC, the largest. */
const LC_PACKET_SAMPLES = 1024;
const MAX_PACKET_SAMPLES = 2048;

/** ffmpeg counts from the earlier of both starts on. */
export function planTiming(video: VideoInfo, audio: AudioInfo | undefined): Timing {
  const { stats } = video;
  const start = Math.min(stats.firstSeconds, audio?.stats.firstSeconds ?? stats.firstSeconds);
  const pictureStart = stats.firstSeconds - start;
  const pictureEnd = pictureStart + stats.durationSeconds;
  const audioStart = (audio?.stats.firstSeconds ?? start) - start;
  const audioEnd = audioStart + (audio?.stats.durationSeconds ?? 0);
  // A first frame that is held lasts as much longer, and may be the one before the longest gap.
  const gap = Math.max(stats.largestGapSeconds + pictureStart, audioEnd - pictureEnd);
  return {
    pictureStart,
    end: Math.max(pictureEnd, audioEnd),
    whyFilled: gap > MAX_FRAME_GAP_SECONDS ? `${gap.toFixed(1)} s without a frame` : undefined,
    fillFps: chooseFillFps(video.realFps),
    whyAudioEncoded: audio && whyFillSound(audio, { audioStart, lateBy: pictureEnd - audioEnd }),
    audioStart,
  };
}

function whyFillSound(
  { stats, sampleRate, profile }: AudioInfo,
  { audioStart, lateBy }: { readonly audioStart: number; readonly lateBy: number },
): string | undefined {
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

/** A multiple or a part of the rate, so that frames keep their times; 30 where it is unknown or that of a clock. */
function chooseFillFps(fps: number | undefined): number {
  if (fps === undefined || fps > MAX_CREDIBLE_FPS || fps < 1) return 30;
  if (fps > 61) return fps / Math.ceil(fps / 60);
  return fps >= 24 ? fps : fps * Math.ceil(24 / fps);
}
