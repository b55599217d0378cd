/** Makes the storyboard: one picture of small pictures, and the index that says which is when. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import type { MediaInfo } from '../plan/media-info.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { planStoryboard, renderStoryboardVtt, type StoryboardPlan } from '../plan/storyboard.ts';
import { storyboardArguments } from './commands/storyboard.ts';
import { encodeLimits } from './encode-limits.ts';
import { readJpegSize } from './jpeg-size.ts';
import { runFfmpeg } from './run-ffmpeg.ts';
import { lastLines } from './stderr-lines.ts';
import type { MediaTools } from './tools.ts';

export interface StoryboardRequest {
  /** Our own MP4. */
  readonly videoPath: string;
  /** Its probe. */
  readonly info: MediaInfo;
  /** Both appear only when the picture is whole; the index names the picture beside it. */
  readonly imagePath: string;
  readonly indexPath: string;
  readonly policy: MediaPolicy;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

export interface Storyboard {
  readonly plan: StoryboardPlan;
  readonly width: number;
  readonly height: number;
}

/**
 * Makes picture and index.
 *
 * @throws MediaError output_invalid when ffmpeg gives no picture of the planned size; what `runProcess` throws. No file
 * is left then.
 */
export async function makeStoryboard(request: StoryboardRequest): Promise<Storyboard> {
  const { video } = request.info;
  if (video === undefined) throw new TypeError('a storyboard needs a video');
  const plan = planStoryboard(request.info, request.policy.storyboard);
  const width = plan.tile.width * plan.columns;
  const height = plan.tile.height * plan.rows;
  const partial = `${request.imagePath}.partial`;
  try {
    const why = await drawTiles(request, plan, partial, { width, height });
    if (why !== undefined) {
      throw new MediaError({ code: 'output_invalid', message: `The storyboard was not published: ${why}.` });
    }
    await rename(partial, request.imagePath);
    await writeFile(request.indexPath, renderStoryboardVtt(plan, basename(request.imagePath)));
    return { plan, width, height };
  } finally {
    await rm(partial, { force: true });
  }
}

/** What is wrong with the picture, or `undefined`. */
async function drawTiles(
  { tools, info, policy, videoPath, signal }: StoryboardRequest,
  plan: StoryboardPlan,
  outputPath: string,
  expected: { readonly width: number; readonly height: number },
): Promise<string | undefined> {
  const run = await runFfmpeg({
    tools,
    args: storyboardArguments({
      inputPath: videoPath,
      outputPath,
      videoIndex: info.video?.index ?? 0,
      plan,
      quality: policy.storyboard.quality,
      maxPixels: policy.maxInputPixels,
      threads: tools.limits.threads,
    }),
    // Nothing is reported before the one frame at the end, so that only the time in all can be watched.
    limits: { ...encodeLimits(info.durationSeconds), stallMs: Infinity },
    signal,
  });
  if (run.exitCode !== 0) return lastLines(run.stderrTail, 2).join('; ') || `ffmpeg ended with ${run.exitCode}`;
  const size = readJpegSize(await readFile(outputPath).catch(() => Buffer.alloc(0)));
  if (size === undefined) return 'it is no whole picture';
  if (size.width === expected.width && size.height === expected.height) return undefined;
  return `it is ${size.width}x${size.height}, not ${expected.width}x${expected.height}`;
}
