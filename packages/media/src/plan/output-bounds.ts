/**
 * The most that may come out of a video, in bytes, known before anything is made: lengths times the rates that encoders
 * are held to. What is made beyond it is not what was planned. Pure.
 */
import type { VideoMedia } from './media-info.ts';
import type { ConvertPlan } from './plan.ts';
import type { MediaPolicy } from './policy.ts';

/** Tables of an MP4, or the boxes of a fragment, for each frame or block of sound. */
const BYTES_PER_FRAME = 32;
/** Headers, and what an encoder says of itself. */
const BYTES_PER_FILE = 65_536;
/** `bufsize` is twice the rate: so much may come at once, at the start. */
const BUFFER_SECONDS = 2;
/** The last frame's length is guessed, and a rate filter may add one. */
const SPARE_SECONDS = 2;
/**
 * Of 1080p60, 720p60, 480p60 and 4K60 noise, x264 wrote 0.59 to 0.95 of length times rate plus buffer (veryfast and medium,
 * 1 to 20 s, ffmpeg 5.1.9).
 */
const PICTURE_MARGIN = 1.1;
/** ffmpeg's AAC aims at a rate on average. */
const SOUND_MARGIN = 1.5;
/** 48,000 samples in blocks of 1024. */
const SOUND_BLOCKS_PER_SECOND = 47;

export interface EncodeBound {
  readonly seconds: number;
  /** The encoder's `maxrate`, in bits per second. */
  readonly maxRate: number;
  readonly frames: number;
}

/** Of a picture that is encoded with a buffer of two seconds. */
export function mostPictureBytes({ seconds, maxRate, frames }: EncodeBound): number {
  const stream = ((seconds + SPARE_SECONDS + BUFFER_SECONDS) * maxRate * PICTURE_MARGIN) / 8;
  return Math.ceil(stream + frames * BYTES_PER_FRAME + BYTES_PER_FILE);
}

/** Of sound that is encoded. */
export function mostSoundBytes(seconds: number, { bitRate }: MediaPolicy['audio']): number {
  const perSecond = (bitRate * SOUND_MARGIN) / 8 + SOUND_BLOCKS_PER_SECOND * BYTES_PER_FRAME;
  return Math.ceil((seconds + SPARE_SECONDS) * perSecond + BYTES_PER_FILE);
}

/** Of a JPEG: random pixels at the best quality take 1.1 bytes each (ffmpeg 5.1.9). */
export const mostJpegBytes = ({ width, height }: { readonly width: number; readonly height: number }): number =>
  width * height * 2 + BYTES_PER_FILE;

/** Frames of an encode, whether they keep their own times or are brought to a steady rate. */
export function mostFrames({ durationSeconds, video }: Pick<VideoMedia, 'durationSeconds' | 'video'>, maxFps: number) {
  return Math.max(2 * video.stats.packets, Math.ceil((durationSeconds + SPARE_SECONDS) * (maxFps + 1)));
}

/** An MP4: the probe of it, or as it is expected, and its size or the most that it may have, in bytes. */
export interface BoundedVideo {
  readonly info: VideoMedia;
  readonly bytes: number;
}

/** What copied streams take in an MP4; also where samples of the source share their bytes. */
export function copiedBytes({ source, info, audio, policy }: ConvertPlan): number {
  const sound = info.audio?.stats;
  const packets = source.stats.packets + (sound?.packets ?? 0);
  const soundBytes =
    audio === 'encode'
      ? mostSoundBytes(info.durationSeconds, policy.audio)
      : audio === 'copy'
        ? (sound?.bytes ?? 0)
        : 0;
  return source.stats.bytes + soundBytes + packets * BYTES_PER_FRAME + BYTES_PER_FILE;
}

/** The most that the MP4 of a plan may have; that of a copy holds for the encode that follows where a copy fails. */
export function mostVideoBytes(plan: ConvertPlan): number {
  const { info, source, policy } = plan;
  const { durationSeconds: seconds } = info;
  const frames = mostFrames({ durationSeconds: seconds, video: source }, policy.maxFps);
  const picture = mostPictureBytes({ seconds, maxRate: policy.video.maxRate, frames });
  const encoded = picture + (info.audio === undefined ? 0 : mostSoundBytes(seconds, policy.audio));
  return plan.video === 'copy' ? Math.max(encoded, copiedBytes(plan)) : encoded;
}

/** A frame in which nothing changes has eight bytes and an entry of four; every second frame may be dropped as a double. */
const LEAST_BYTES_PER_FRAME = 12;

/** Less than this no encode of a plan can have. */
export const leastVideoBytes = ({ source }: ConvertPlan): number => (source.stats.packets / 2) * LEAST_BYTES_PER_FRAME;

/** How long a video may be to fit into a file for certain, in seconds. */
export function secondsThatFit(fileBytes: number, { video, audio }: MediaPolicy): number {
  const perSecond = (video.maxRate * PICTURE_MARGIN + audio.bitRate * SOUND_MARGIN) / 8;
  return Math.max(0, Math.floor(fileBytes / perSecond) - SPARE_SECONDS - BUFFER_SECONDS);
}
