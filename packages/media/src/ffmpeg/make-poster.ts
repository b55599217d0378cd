/** Makes the still that stands for a video, from our own MP4. */
import { readFile, rename, rm } from 'node:fs/promises';
import { MediaError } from '@supabase-media/core/errors';
import { type FrameSize, fitWidth } from '../plan/frame-size.ts';
import type { MediaInfo, VideoInfo } from '../plan/media-info.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { posterArguments } from './commands/poster.ts';
import { readJpegSize } from './jpeg-size.ts';
import { runFfmpeg } from './run-ffmpeg.ts';
import type { MediaTools } from './tools.ts';

export interface PosterRequest {
  readonly videoPath: string;
  /** The probe of `videoPath`, as `encodeMp4` returns it. */
  readonly info: MediaInfo;
  /** Appears only when the picture is whole. */
  readonly outputPath: string;
  readonly tools: MediaTools;
  readonly policy: MediaPolicy;
  readonly signal?: AbortSignal | undefined;
}

export interface Poster extends FrameSize {
  readonly path: string;
  readonly bytes: number;
}

/** Past titles and fades, before anything that gives the end away. */
const POSTER_PART = 0.1;

/**
 * Takes a JPEG from a tenth into the video, upright, at most 1280 pixels wide; from the very start where seeking gives
 * nothing.
 *
 * @throws MediaError output_invalid when neither gives a picture; what `runProcess` throws
 */
export async function makePoster(request: PosterRequest): Promise<Poster> {
  const { video } = request.info;
  if (video === undefined) throw new TypeError('a poster needs a video');
  const partial = `${request.outputPath}.partial`;
  try {
    const tenth = posterSeconds(request.info, video);
    const made = (await tryPoster(request, video, partial, tenth)) ?? (await tryPoster(request, video, partial, 0));
    if (made === undefined) {
      throw new MediaError({ code: 'output_invalid', message: `No poster could be made from ${request.videoPath}.` });
    }
    await rename(partial, request.outputPath);
    return { ...made, path: request.outputPath };
  } finally {
    await rm(partial, { force: true });
  }
}

async function tryPoster(request: PosterRequest, video: VideoInfo, partial: string, seekSeconds: number) {
  const { poster, maxInputPixels } = request.policy;
  await runFfmpeg({
    tools: request.tools,
    args: posterArguments({
      inputPath: request.videoPath,
      outputPath: partial,
      videoIndex: video.index,
      size: fitWidth({ width: video.displayWidth, height: video.displayHeight }, poster.maxWidth),
      seekSeconds,
      quality: poster.quality,
      maxPixels: maxInputPixels,
      threads: request.tools.limits.threads,
    }),
    limits: { totalMs: 120_000 },
    signal: request.signal,
  });
  const bytes = await readFile(partial).catch(() => undefined);
  const size = bytes && readJpegSize(bytes);
  return size && bytes && { ...size, bytes: bytes.length };
}

/** Seconds from the start of the file, whose clock need not start at 0. */
export function posterSeconds({ audio }: MediaInfo, { stats }: VideoInfo): number {
  const fileStart = Math.min(stats.firstSeconds, audio?.stats.firstSeconds ?? stats.firstSeconds);
  return Math.max(0, stats.firstSeconds - fileStart + (stats.lastSeconds - stats.firstSeconds) * POSTER_PART);
}
