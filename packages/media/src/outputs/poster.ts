/** `poster.jpg`: the still that stands for a video. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpegColors, scaleTo } from '../ffmpeg/color-filters.ts';
import { composeArguments } from '../ffmpeg/commands/compose.ts';
import { readJpegSize } from '../ffmpeg/jpeg-size.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import { type FrameSize, fitWidth } from '../plan/frame-size.ts';
import type { VideoMedia } from '../plan/media-info.ts';
import { mostJpegBytes } from '../plan/output-bounds.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { videoStart } from '../plan/video-start.ts';
import { describeFile, type Output, type OutputFile, type OutputRequest } from './output.ts';

const FILE: OutputFile = { name: 'poster.jpg', contentType: 'image/jpeg', wave: 'first' };

export const poster: Output<'poster'> = {
  kind: 'poster',
  about: 'poster.jpg, one frame, at most 1280 wide',
  from: 'mp4',
  files: [FILE],
  weight: () => 0,
  mostBytes: ({ info: { video } }, { poster: { maxWidth } }) =>
    mostJpegBytes(fitWidth({ width: video.displayWidth, height: video.displayHeight }, maxWidth)),
  make: makePoster,
  explain: ({ plan, mp4, outDir, tools }) => ({
    why: 'from the MP4',
    args: posterArguments({
      mp4,
      policy: plan.policy,
      tools,
      outputPath: join(outDir, FILE.name),
      seekSeconds: posterSeconds(mp4.info),
    }),
  }),
};

/** Past titles and fades, before anything that gives the end away. */
const POSTER_PART = 0.1;

/**
 * Takes a JPEG from a tenth into the video, upright; from the very start where seeking gives nothing.
 *
 * @throws {MediaError} `output_invalid` when neither gives a picture; what `runProcess` throws.
 */
async function makePoster(request: OutputRequest) {
  const { outDir, mp4 } = request;
  const size = await writeWhole(join(outDir, FILE.name), async (partial) => {
    const atTenth = await tryPoster(request, partial, posterSeconds(mp4.info));
    const made = atTenth ?? (await tryPoster(request, partial, 0));
    if (made === undefined) throw invalidOutput('The poster', 'ffmpeg made no picture');
    return made;
  });
  return [{ kind: 'poster', ...(await describeFile(outDir, FILE)), width: size.width, height: size.height }];
}

async function tryPoster(
  { mp4, policy, tools, signal }: OutputRequest,
  outputPath: string,
  seekSeconds: number,
): Promise<FrameSize | undefined> {
  await runFfmpeg({
    tools,
    args: posterArguments({ mp4, policy, tools, outputPath, seekSeconds }),
    limits: { totalMs: 120_000 },
    signal,
  });
  return readJpegSize(await readFile(outputPath).catch(() => Buffer.alloc(0)));
}

/** Seconds from the start of the file, whose clock need not start at 0. */
function posterSeconds({ video, audio }: VideoMedia): number {
  const { firstSeconds, lastSeconds } = video.stats;
  return videoStart(video, { audio }) + (lastSeconds - firstSeconds) * POSTER_PART;
}

export interface PosterCommand {
  readonly mp4: OutputRequest['mp4'];
  readonly policy: Pick<MediaPolicy, 'poster' | 'maxInputPixels'>;
  readonly tools: Pick<MediaTools, 'ffmpeg' | 'limits'>;
  readonly outputPath: string;
  /** Where to look, from the start of the file; 0 reads from the very start without seeking. */
  readonly seekSeconds: number;
}

/** As many frames as `thumbnail` compares, and as many seconds as it may read to get them. */
const COMPARED_FRAMES = 50;
const WINDOW_SECONDS = 4;

/** One JPEG: of the frames in a window, the one that differs least from their average (no fades, no flashes). */
export function posterArguments({ mp4, policy, tools, outputPath, seekSeconds }: PosterCommand): string[] {
  const { video: source } = mp4.info;
  const { displayWidth: width, displayHeight: height } = source;
  const size = fitWidth({ width, height }, policy.poster.maxWidth);
  const picture = jpegColors({ source, scale: scaleTo(size), canConvertHdr: tools.ffmpeg.canConvertHdr });
  return composeArguments({
    inputPath: mp4.path,
    outputPath,
    threads: tools.limits.threads,
    guards: { maxPixels: policy.maxInputPixels },
    inputOptions: [...(seekSeconds > 0 ? ['-ss', seekSeconds.toFixed(3), '-t', String(WINDOW_SECONDS)] : [])],
    videoFilter: [`thumbnail=${COMPARED_FRAMES}`, ...picture].join(','),
    outputOptions: [
      ...['-map', `0:${source.index}`, '-an', '-sn', '-dn', '-map_metadata', '-1'],
      // One frame written by the raw muxer is a JPEG file; the image muxer would read %d in a path as a counter.
      ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', String(policy.poster.quality), '-f', 'mjpeg'],
    ],
  });
}
