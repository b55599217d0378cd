import { composeArguments } from './compose.ts';

export interface DecodeCheckOptions {
  readonly inputPath: string;
  readonly videoIndex: number;
  /** From the start of the file; 0 does not seek. */
  readonly fromSeconds: number;
  readonly seconds: number;
  readonly maxPixels: number;
  readonly threads: number;
}

/**
 * Decodes a stretch of the video and throws the frames away; their number is in the progress. ffmpeg counts `-t` from
 * the first frame after the seek, so that a still screen has frames to decode too. Frames are numbered instead of timed:
 * two at the same time, as QuickTime writes them, are an error to the muxer that throws them away, and none in the video.
 */
export function decodeCheckArguments(options: DecodeCheckOptions): string[] {
  return composeArguments({
    inputPath: options.inputPath,
    outputPath: null,
    threads: options.threads,
    guards: { maxPixels: options.maxPixels },
    inputOptions: [
      ...(options.fromSeconds > 0 ? ['-ss', options.fromSeconds.toFixed(3)] : []),
      ...['-t', options.seconds.toFixed(3)],
    ],
    videoFilter: 'setpts=N',
    outputOptions: ['-map', `0:${options.videoIndex}`, '-an', '-sn', '-dn', '-fps_mode', 'passthrough', '-f', 'null'],
  });
}

export type SoundCheckOptions = Pick<DecodeCheckOptions, 'inputPath' | 'maxPixels' | 'threads'>;

/** Decodes all of the sound of an MP4 of ours, its second stream, and ends with an error at the first that there is. */
export function soundCheckArguments({ inputPath, maxPixels, threads }: SoundCheckOptions): string[] {
  return composeArguments({
    inputPath,
    outputPath: null,
    threads,
    guards: { maxPixels },
    outputOptions: ['-xerror', '-map', '0:1', '-f', 'null'],
  });
}
