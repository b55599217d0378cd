/** Cuts the picture of a source into parts, and makes sure that they are all of it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cutArguments } from '../ffmpeg/commands/parts.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { inputSize } from '../ffmpeg/input-file.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import { lastLines } from '../ffmpeg/stderr-lines.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { type PartFile, readPartFile } from './part-file.ts';
import { isRising } from './part-times.ts';

export interface CutSourceOptions {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  /** Empty; the parts appear in it. */
  readonly folder: string;
  /** As `planCuts` gives them. */
  readonly cuts: readonly number[];
  /** No part may be longer, in seconds. */
  readonly mostSeconds: number;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

/** A part of the source. */
export interface CutPart {
  readonly path: string;
  readonly bytes: number;
  readonly frames: number;
  /** From the first frame of the video to its own. */
  readonly sinceSeconds: number;
}

/** The parts in their order, or why the source cannot be cut safely. */
export type CutSource = { readonly parts: readonly CutPart[] } | { readonly whole: string };

const NAME = /^source-\d{5}\.mp4$/;

/**
 * Cuts. What is left in the folder of a source that cannot be cut is for the caller to remove.
 *
 * @throws {MediaError} as `runFfmpeg`; what ffmpeg itself fails with is a reason not to cut.
 */
export async function cutSource(options: CutSourceOptions): Promise<CutSource> {
  const { plan, inputPath, folder, tools, signal } = options;
  const { packets, durationSeconds } = plan.source.stats;
  const cuts = options.cuts.map((seconds) => Math.round((seconds / durationSeconds) * packets));
  const { exitCode, stderrTail } = await runFfmpeg({
    tools,
    args: cutArguments({ plan, inputPath, cuts, pattern: 'source-%05d.mp4', threads: tools.limits.threads }),
    cwd: folder,
    durationSeconds: plan.info.durationSeconds,
    limits: encodeLimits(plan.info.durationSeconds),
    signal,
  });
  if (exitCode !== 0) return { whole: `it cannot be cut (${lastLines(stderrTail, 2).join('; ')})` };
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  const files: PartFile[] = [];
  const parts: CutPart[] = [];
  let start: number | undefined;
  for (const name of names) {
    signal?.throwIfAborted();
    const path = join(folder, name);
    const file = await readPartFile(path);
    if (file === undefined) return { whole: `${name} cannot be read back` };
    files.push(file);
    const firstSeconds = (file.ticks[0] ?? 0) / file.timescale;
    start ??= firstSeconds;
    parts.push({ path, bytes: await inputSize(path), frames: file.ticks.length, sinceSeconds: firstSeconds - start });
  }
  const whole = whyUnsafe(files, options);
  return whole === undefined ? { parts } : { whole };
}

function whyUnsafe(files: readonly PartFile[], { plan, mostSeconds }: CutSourceOptions): string | undefined {
  if (files.length < 2) return `it has no key frame to cut at in ${plan.source.stats.durationSeconds.toFixed(0)} s`;
  const frames = files.reduce((sum, { ticks }) => sum + ticks.length, 0);
  if (frames !== plan.source.stats.packets) return `${frames} of ${plan.source.stats.packets} frames are in its parts`;
  if (files.some(({ beginsAnew }) => beginsAnew === false)) return 'its key frames need frames before them (open GOP)';
  if (new Set(files.map(({ head }) => head)).size > 1) return 'the parameters of its codec change';
  if (!isRising(files.flatMap(({ ticks }) => ticks))) return 'frames on both sides of a key frame are shown in turns';
  const longest = Math.max(...files.map(({ ticks, timescale }) => ((ticks.at(-1) ?? 0) - (ticks[0] ?? 0)) / timescale));
  return longest > mostSeconds ? `it has no key frame to cut at for ${longest.toFixed(0)} s` : undefined;
}
