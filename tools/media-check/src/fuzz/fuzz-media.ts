/** Files drawn from a seed, one after the other: made, processed, judged, and kept when something is wrong. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaTools } from '@supabase-media/media/tools';
import { type CheckedFile, checkFile } from '../check/check-file.ts';
import { compareTimes } from '../check/compare-times.ts';
import { type MediaTimes, measureMedia } from '../measure/media-file.ts';
import { makeFile } from './make-file.ts';
import { drawRecipe } from './recipe.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** The indexes of the files. */
  readonly from: number;
  readonly files: number;
  /** No file is begun after this, as `performance.now()` counts. */
  readonly endsAtMs: number;
  /** Every file goes through each. */
  readonly tools: readonly MediaTools[];
  /** What they make is compared with the source only where all of these read that alike. */
  readonly readers: readonly MediaTools[];
  /** Where files with something wrong go. */
  readonly keep: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly onFuzzed?: ((file: FuzzedFile) => void) | undefined;
}

/** `unmade`: ffmpeg does not write such files; `disagree`: its versions read the source differently, and no one is right. */
export interface FuzzedFile {
  readonly index: number;
  readonly about: string;
  readonly verdict: 'ok' | 'wrong' | 'unmade' | 'disagree' | 'unreadable';
  readonly runs: readonly (CheckedFile & { readonly ffmpeg: string })[];
}

/** Ends early when it is interrupted; what was found until then is told. */
export async function fuzzMedia(options: FuzzOptions): Promise<FuzzedFile[]> {
  const { from, files, endsAtMs, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'media-fuzz-'));
  const fuzzed: FuzzedFile[] = [];
  try {
    for (let index = from; index < from + files && performance.now() < endsAtMs; index++) {
      options.onProgress?.((index - from) / files);
      const file = await fuzzOne(options, index, join(folder, 'file'));
      fuzzed.push(file);
      options.onFuzzed?.(file);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return fuzzed;
}

async function fuzzOne(options: FuzzOptions, index: number, path: string): Promise<FuzzedFile> {
  const { seed, tools, readers, keep, signal } = options;
  const recipe = drawRecipe(seed, index);
  const file = { index, about: recipe.about };
  const [first] = tools;
  if (first === undefined) throw new TypeError('a file needs an ffmpeg');
  try {
    await makeFile(first.ffmpeg.path, recipe, path, signal);
  } catch {
    signal.throwIfAborted();
    return { ...file, verdict: 'unmade', runs: [] };
  }
  const readings: (MediaTimes | undefined)[] = [];
  for (const { ffprobe } of readers) readings.push(await measureMedia({ ffprobe: ffprobe.path, path, signal }));
  signal.throwIfAborted();
  const [source] = readings;
  // A reader that finds nothing to show is right to turn it away.
  if (readings.some((reading) => reading === undefined)) {
    return {
      ...file,
      verdict: readings.every((reading) => reading === undefined) ? 'unreadable' : 'disagree',
      runs: [],
    };
  }
  const areAlike = readings.every((reading) => source && reading && readAlike(source, reading));
  const runs: (CheckedFile & { ffmpeg: string })[] = [];
  for (const theTools of tools) {
    const judged = areAlike ? source : 'unknown';
    const checked = await checkFile({ path, expected: 'ready', tools: theTools, source: judged, signal });
    runs.push({ ffmpeg: theTools.ffmpeg.version, ...checked });
  }
  const isWrong = runs.some(({ findings }) => findings.length > 0);
  if (isWrong && keep !== undefined) {
    await mkdir(keep, { recursive: true });
    const name = join(keep, `seed-${seed}-index-${index}`);
    await copyFile(path, name);
    await writeFile(`${name}.json`, JSON.stringify({ seed, index, ...recipe, runs }, null, 2));
  }
  return { ...file, verdict: isWrong ? 'wrong' : areAlike ? 'ok' : 'disagree', runs };
}

/** Whether two versions show the same frames at the same times, and the same sound. */
function readAlike(a: MediaTimes, b: MediaTimes): boolean {
  const { shift, worst } = compareTimes(a.picture.times, b.picture.times);
  const isNear = (x: number, y: number) => Math.abs(x - y) < 0.03;
  const sound =
    (a.sound === undefined) === (b.sound === undefined) &&
    (a.sound === undefined ||
      b.sound === undefined ||
      (isNear((a.sound.times[0] ?? 0) + shift, b.sound.times[0] ?? 0) && isNear(a.sound.end + shift, b.sound.end)));
  const { length } = a.picture.times;
  return sound && length === b.picture.times.length && worst < 0.03 && isNear(a.picture.end + shift, b.picture.end);
}
