import type { FrameSize } from '../../plan/frame-size.ts';
import { composeArguments } from './compose.ts';

export interface PosterOptions {
  /** Our own MP4: no HDR, no odd sizes; a rotation in its header is applied by ffmpeg. */
  readonly inputPath: string;
  readonly outputPath: string;
  readonly videoIndex: number;
  readonly size: FrameSize;
  /** Where to look, from the start of the file; 0 reads from the very start without seeking. */
  readonly seekSeconds: number;
  /** 2 (best) to 31. */
  readonly quality: number;
  readonly maxPixels: number;
  readonly threads: number;
}

/** As many frames as `thumbnail` compares, and as many seconds as it may read to get them. */
const COMPARED_FRAMES = 50;
const WINDOW_SECONDS = 4;

/** One JPEG: of the frames in a window, the one that differs least from their average (no fades, no flashes). */
export function posterArguments(options: PosterOptions): string[] {
  const { width, height } = options.size;
  return composeArguments({
    inputPath: options.inputPath,
    outputPath: options.outputPath,
    threads: options.threads,
    guards: { maxPixels: options.maxPixels },
    inputOptions: [
      ...(options.seekSeconds > 0 ? ['-ss', options.seekSeconds.toFixed(3), '-t', String(WINDOW_SECONDS)] : []),
    ],
    videoFilter: `thumbnail=${COMPARED_FRAMES},scale=${width}:${height}:out_range=pc,setsar=1,format=yuvj420p`,
    outputOptions: [
      ...['-map', `0:${options.videoIndex}`, '-an', '-sn', '-dn', '-map_metadata', '-1'],
      // One frame written by the raw muxer is a JPEG file; the image muxer would read %d in a path as a counter.
      ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', String(options.quality), '-f', 'mjpeg'],
    ],
  });
}
