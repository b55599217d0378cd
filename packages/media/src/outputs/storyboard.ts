/** `storyboard.jpg` and `storyboard.vtt`: one picture of small pictures, and the index that says which is when. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpegColors, scaleTo } from '../ffmpeg/color-filters.ts';
import { composeArguments } from '../ffmpeg/commands/compose.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { readJpegSize } from '../ffmpeg/jpeg-size.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import { lastLines } from '../ffmpeg/stderr-lines.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import { mostJpegBytes } from '../plan/output-bounds.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { planStoryboard, renderStoryboardVtt, type StoryboardPlan } from '../plan/storyboard.ts';
import { describeFile, type Output, type OutputFile, type OutputRequest } from './output.ts';

const IMAGE: OutputFile = { name: 'storyboard.jpg', contentType: 'image/jpeg', wave: 'data' };
const INDEX: OutputFile = { name: 'storyboard.vtt', contentType: 'text/vtt', wave: 'index' };

/** A line of times, and one that names a part of the picture. */
const BYTES_PER_CUE = 120;

export const storyboard: Output<'storyboard'> = {
  kind: 'storyboard',
  about: 'storyboard.jpg and storyboard.vtt, up to 100 tiles for the seek bar',
  from: 'mp4',
  files: [IMAGE, INDEX],
  // Key frames are decoded, nothing is encoded.
  weight: () => 2,
  mostBytes: ({ info }, policy) => {
    const { tile, columns, rows, tiles } = planStoryboard(info, policy.storyboard);
    return mostJpegBytes({ width: tile.width * columns, height: tile.height * rows }) + tiles * BYTES_PER_CUE;
  },
  make: makeStoryboard,
  explain: ({ plan: { policy }, mp4, outDir, tools }) => ({
    why: 'from the MP4; its index is written without ffmpeg',
    args: storyboardArguments({
      mp4,
      policy,
      tools,
      outputPath: join(outDir, IMAGE.name),
      plan: planStoryboard(mp4.info, policy.storyboard),
    }),
  }),
};

/** @throws {MediaError} `output_invalid` when ffmpeg gives no picture of the planned size; what `runProcess` throws. */
async function makeStoryboard(request: OutputRequest) {
  const { outDir, mp4, policy } = request;
  const plan = planStoryboard(mp4.info, policy.storyboard);
  const size = { width: plan.tile.width * plan.columns, height: plan.tile.height * plan.rows };
  await writeWhole(join(outDir, IMAGE.name), async (partial) => {
    const why = await drawTiles(request, plan, partial, size);
    if (why !== undefined) throw invalidOutput('The storyboard', why);
  });
  await writeFile(join(outDir, INDEX.name), renderStoryboardVtt(plan, IMAGE.name));
  return [
    { kind: 'storyboard', ...(await describeFile(outDir, IMAGE)), ...size },
    { kind: 'storyboard_index', ...(await describeFile(outDir, INDEX)) },
  ];
}

/** What is wrong with the picture, or `undefined`. */
async function drawTiles(
  { tools, mp4, policy, signal }: OutputRequest,
  plan: StoryboardPlan,
  outputPath: string,
  expected: { readonly width: number; readonly height: number },
): Promise<string | undefined> {
  const run = await runFfmpeg({
    tools,
    args: storyboardArguments({ mp4, policy, tools, outputPath, plan }),
    // Nothing is reported before the one frame at the end, so that only the time in all can be watched.
    limits: { ...encodeLimits(mp4.info.durationSeconds), stallMs: Infinity },
    signal,
  });
  if (run.exitCode !== 0) return lastLines(run.stderrTail, 2).join('; ') || `ffmpeg ended with ${run.exitCode}`;
  const size = readJpegSize(await readFile(outputPath).catch(() => Buffer.alloc(0)));
  if (size === undefined) return 'it is no whole picture';
  if (size.width === expected.width && size.height === expected.height) return undefined;
  return `it is ${size.width}x${size.height}, not ${expected.width}x${expected.height}`;
}

export interface StoryboardCommand {
  /** A rotation in its header is applied by ffmpeg. */
  readonly mp4: OutputRequest['mp4'];
  readonly policy: Pick<MediaPolicy, 'storyboard' | 'maxInputPixels'>;
  readonly tools: Pick<MediaTools, 'ffmpeg' | 'limits'>;
  readonly outputPath: string;
  readonly plan: StoryboardPlan;
}

/**
 * One JPEG with all tiles. A tile shows the key frame nearest to its begin. The last frame passes though its tile is not
 * full (a clip of half a second has one frame, and `fps` would drop it), and is repeated to the end of the picture: no tile
 * of our index is black.
 */
export function storyboardArguments({ mp4, policy, tools, outputPath, plan }: StoryboardCommand): string[] {
  const { tile, columns, rows } = plan;
  return composeArguments({
    inputPath: mp4.path,
    outputPath,
    threads: tools.limits.threads,
    guards: { maxPixels: policy.maxInputPixels },
    // Key frames alone are decoded: 0.95 s of processor for a minute of 1080p instead of 11.7 s (ffmpeg 5.1.9).
    inputOptions: plan.fromKeyframes ? ['-skip_frame', 'nokey'] : [],
    videoFilter: [
      `fps=1/${plan.secondsPerTile}:start_time=0:eof_action=pass`,
      ...jpegColors({ source: mp4.info.video, scale: scaleTo(tile), canConvertHdr: tools.ffmpeg.canConvertHdr }),
      `tpad=stop_mode=clone:stop=${columns * rows}`,
      `tile=${columns}x${rows}`,
    ].join(','),
    outputOptions: [
      ...['-map', `0:${mp4.info.video.index}`, '-an', '-sn', '-dn', '-map_metadata', '-1'],
      ...['-fps_mode', 'passthrough', '-frames:v', '1'],
      ...['-c:v', 'mjpeg', '-q:v', String(policy.storyboard.quality), '-f', 'mjpeg'],
    ],
  });
}
