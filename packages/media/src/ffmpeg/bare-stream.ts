/** Video without a container, whose frames have no times of their own. Pure. */
import type { VideoInfo } from '../plan/media-info.ts';
import type { Content } from '../sniff/sniff-content.ts';
import { STREAM_FORMATS } from './sandbox.ts';

/** Of {@link STREAM_FORMATS}, those that have frames and no times; by ffprobe's name. */
const UNTIMED_FORMATS = new Set(['dv', 'h264', 'hevc', 'm4v', 'mpegvideo']);

/** ffprobe takes much for a bare stream that is none: it must also begin like one. */
export function isMistakenForStream(format: string, { stream }: Pick<Content, 'stream'>): boolean {
  return STREAM_FORMATS.some((name) => name === format) && stream !== format;
}

/** What a bare stream is, for a sentence; `undefined` where the container has times. */
export function nameBareStream(format: string, { name }: Pick<Content, 'name'>): string | undefined {
  return UNTIMED_FORMATS.has(format) ? name : undefined;
}

/** Of a stream without a container, newer versions of ffprobe guess an average: 25 of any, 60000 of DV. */
export function withMeasuredRate(video: VideoInfo): VideoInfo {
  const { packets, durationSeconds } = video.stats;
  const fps = durationSeconds > 0 ? Math.round((packets / durationSeconds) * 1000) / 1000 : undefined;
  return { ...video, averageFps: fps, realFps: fps };
}
