/** Joins encoded parts and the sound into the MP4, by copy, and makes sure that it is what one encode makes. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { joinArguments } from '../ffmpeg/commands/parts.ts';
import { type EncodeOptions, type EncodeResult, judgeOutput } from '../ffmpeg/encode.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { runFfmpeg, runFfprobe } from '../ffmpeg/run-process.ts';
import { lastLines } from '../ffmpeg/stderr-lines.ts';
import { invalidOutput } from '../ffmpeg/write-whole.ts';
import { type PartFile, readPartFile } from './part-file.ts';
import { compareTimes, ENCODED_TIMESCALE, PART_OFFSET_SECONDS } from './part-times.ts';

export interface JoinPartsOptions extends Omit<EncodeOptions, 'inputPath' | 'limits'> {
  /** Of the encoded parts, in their order. They are gone when the join has ended. */
  readonly parts: readonly { readonly path: string; readonly frames: number }[];
  readonly soundPath: string | undefined;
}

/** For a sentence. */
const brokenPart = (why: string) => invalidOutput('The video joined of its parts', why);

/**
 * Joins. No file is left of what cannot be joined.
 *
 * @throws {MediaError} `output_invalid` when the parts do not make up the video; what `runFfmpeg` throws.
 */
export async function joinParts(options: JoinPartsOptions): Promise<EncodeResult> {
  const { outputPath, plan, tools, signal } = options;
  const partial = `${outputPath}.partial`;
  // Not counted with the MP4, which may have no more than was planned for it.
  const picturePath = `${outputPath}.picture`;
  try {
    const ticks = await appendParts(options, picturePath);
    const { soundPath } = options;
    const maxPixels = plan.policy.maxInputPixels;
    const { exitCode, stderrTail } = await runFfmpeg({
      tools,
      args: joinArguments({ picturePath, soundPath, outputPath: partial, maxPixels, threads: tools.limits.threads }),
      durationSeconds: plan.info.durationSeconds,
      limits: encodeLimits(plan.info.durationSeconds),
      onProgress: options.onProgress,
      signal,
    });
    if (exitCode !== 0) throw brokenPart(lastLines(stderrTail, 2).join('; '));
    await rm(picturePath, { force: true });
    const wrong = compareJoined(ticks, await readShownTicks(options, partial));
    if (wrong !== undefined) throw brokenPart(wrong);
    const { result } = await judgeOutput({ plan, tools, signal, onReadable: options.onReadable }, partial, stderrTail);
    if ('why' in result) throw result.error;
    if (result.outcome === 'rejected') throw brokenPart(result.rejection.reason);
    await rename(partial, outputPath);
    return result;
  } finally {
    await rm(partial, { force: true });
    await rm(picturePath, { force: true });
  }
}

/** One behind the other, each gone once it is there. @returns when all frames are shown, in ticks. */
async function appendParts({ parts, plan, signal }: JoinPartsOptions, path: string): Promise<number[]> {
  const ticks: number[] = [];
  let first: PartFile | undefined;
  for (const part of parts) {
    const file = await readPartFile(part.path);
    if (file === undefined) throw brokenPart('it cannot be read');
    // Each machine has an encoder of its own: where their streams differ, they cannot stand in one.
    if (file.head !== (first ?? file).head) throw brokenPart('two encoders made streams that differ');
    if (file.ticks.length !== part.frames) throw brokenPart(`${file.ticks.length} of ${part.frames} frames are in it`);
    const start = first === undefined ? 0 : file.fragments.start;
    await pipeline(
      createReadStream(part.path, { start, end: file.fragments.end - 1 }),
      createWriteStream(path, { flags: first === undefined ? 'w' : 'a' }),
      { signal },
    );
    await rm(part.path);
    first ??= file;
    for (const tick of file.ticks) ticks.push(tick);
  }
  const { packets } = plan.source.stats;
  if (ticks.length !== packets) throw brokenPart(`${ticks.length} of ${packets} frames are in all parts`);
  return ticks;
}

/**
 * A picture that begins later than the sound begins at a whole millisecond in any MP4 of ours: an edit list says so on the
 * clock of the movie.
 */
function compareJoined(ticks: readonly number[], shown: readonly number[]): string | undefined {
  const offset = PART_OFFSET_SECONDS * ENCODED_TIMESCALE;
  const early = (ticks[0] ?? 0) - offset - (shown[0] ?? 0);
  if (Math.abs(early) >= ENCODED_TIMESCALE / 1000) return `it begins ${early / ENCODED_TIMESCALE} s early`;
  return compareTimes(
    ticks.map((tick) => tick - offset - early),
    shown,
  );
}

/** When a player shows the frames, in rising order. */
async function readShownTicks({ plan, tools, signal }: JoinPartsOptions, path: string): Promise<number[]> {
  const ticks: number[] = [];
  const { exitCode } = await runFfprobe({
    inputPath: path,
    tools,
    maxPixels: plan.policy.maxInputPixels,
    show: ['-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0'],
    onLine: (line) => {
      const tick = Number.parseInt(line, 10);
      if (Number.isFinite(tick)) ticks.push(tick);
    },
    limits: encodeLimits(plan.info.durationSeconds),
    signal,
  });
  if (exitCode !== 0) throw brokenPart('the joined video cannot be read');
  return ticks.sort((a, b) => a - b);
}
