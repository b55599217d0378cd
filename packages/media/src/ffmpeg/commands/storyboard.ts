import type { StoryboardPlan } from '../../plan/storyboard.ts';
import { composeArguments } from './compose.ts';

export interface StoryboardCommandOptions {
  /** Our own MP4; a rotation in its header is applied by ffmpeg. */
  readonly inputPath: string;
  readonly outputPath: string;
  readonly videoIndex: number;
  readonly plan: StoryboardPlan;
  /** 2 (best) to 31. */
  readonly quality: number;
  readonly maxPixels: number;
  readonly threads: number;
}

/**
 * One JPEG with all tiles. A tile shows the key frame nearest to its begin. The last frame passes though its tile is not
 * full (a clip of half a second has one frame, and `fps` would drop it), and is repeated to the end of the picture: no tile
 * of our index is black.
 */
export function storyboardArguments({ plan, ...options }: StoryboardCommandOptions): string[] {
  const { tile, columns, rows } = plan;
  return composeArguments({
    inputPath: options.inputPath,
    outputPath: options.outputPath,
    threads: options.threads,
    guards: { maxPixels: options.maxPixels },
    // Key frames alone are decoded: 0.95 s of processor for a minute of 1080p instead of 11.7 s (ffmpeg 5.1.9).
    inputOptions: plan.fromKeyframes ? ['-skip_frame', 'nokey'] : [],
    videoFilter: [
      `fps=1/${plan.secondsPerTile}:start_time=0:eof_action=pass`,
      `scale=${tile.width}:${tile.height}:out_range=pc`,
      'setsar=1',
      'format=yuvj420p',
      `tpad=stop_mode=clone:stop=${columns * rows}`,
      `tile=${columns}x${rows}`,
    ].join(','),
    outputOptions: [
      ...['-map', `0:${options.videoIndex}`, '-an', '-sn', '-dn', '-map_metadata', '-1', '-fps_mode', 'passthrough'],
      ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', String(options.quality), '-f', 'mjpeg'],
    ],
  });
}
