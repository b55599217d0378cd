/** Encodes one part, on whichever machine, and the sound of the whole. */

import { type PartEncode, partArguments, soundArguments } from '../ffmpeg/commands/parts.ts';
import { classifyEncodeFailure } from '../ffmpeg/encode-failure.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import type { EncodeProgress } from '../ffmpeg/progress.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { readPartFile } from './part-file.ts';
import { compareTimes, ENCODED_TIMESCALE, encodedTick } from './part-times.ts';

export interface EncodePartOptions {
  readonly encode: PartEncode;
  readonly inputPath: string;
  /** From the first frame of the video to that of the part. */
  readonly sinceSeconds: number;
  /** Appears only when all of it is there. */
  readonly outputPath: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** For a sentence. */
const WHAT = 'A part of the video';

/**
 * Encodes a part, and makes sure that each frame of it came out at its time.
 *
 * @returns how many frames there are.
 * @throws {MediaError} `output_invalid`, `ffmpeg_failed` or `ffmpeg_memory`; what `runFfmpeg` throws.
 */
export async function encodePart(options: EncodePartOptions): Promise<{ readonly frames: number }> {
  const { encode, inputPath, outputPath, sinceSeconds, tools } = options;
  const source = await readPartFile(inputPath);
  if (source === undefined) throw invalidOutput(WHAT, 'what was cut out of the source cannot be read');
  const { ticks, timescale } = source;
  const [first = 0] = ticks;
  const seconds = ((ticks.at(-1) ?? 0) - first) / timescale;
  return writeWhole(outputPath, async (partial) => {
    const args = partArguments({ encode, inputPath, outputPath: partial, sinceSeconds, threads: tools.limits.threads });
    // Its times are those of the whole: what is over is what stands behind the first of them.
    const begun = first / timescale;
    const ran = await run({ ...options, args, seconds: begun + seconds });
    const made = await readPartFile(partial);
    if (made === undefined) throw invalidOutput(WHAT, 'it cannot be read', ran.stderrTail);
    const expected = ticks.map((tick) => encodedTick(tick, timescale));
    const wrong = compareTimes(expected, made.ticks);
    if (made.timescale !== ENCODED_TIMESCALE || wrong !== undefined)
      throw invalidOutput(WHAT, wrong ?? `its clock has ${made.timescale} ticks`, ran.stderrTail);
    return { frames: ticks.length };
  });
}

/**
 * Encodes the sound of the whole.
 *
 * @throws {MediaError} as {@link encodePart}.
 */
export async function encodeSound(
  options: Pick<EncodePartOptions, 'inputPath' | 'outputPath' | 'tools' | 'signal' | 'onProgress'> & {
    readonly plan: ConvertPlan;
  },
): Promise<void> {
  const { plan, inputPath, outputPath, tools } = options;
  await writeWhole(outputPath, async (partial) => {
    const args = soundArguments({ plan, inputPath, outputPath: partial, threads: tools.limits.threads });
    await run({ ...options, args, seconds: plan.info.durationSeconds });
  });
}

async function run(
  options: Pick<EncodePartOptions, 'tools' | 'signal' | 'onProgress'> & {
    readonly args: readonly string[];
    readonly seconds: number;
  },
) {
  const { tools, args, seconds, signal, onProgress } = options;
  const limits = encodeLimits(seconds);
  const ran = await runFfmpeg({ tools, args, durationSeconds: seconds, onProgress, limits, signal });
  if (ran.exitCode === 0) return ran;
  const failure = classifyEncodeFailure(ran);
  throw failure.kind === 'machine' ? failure.error : invalidOutput(WHAT, failure.detail, ran.stderrTail);
}
