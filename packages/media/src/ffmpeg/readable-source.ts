/** Makes a source readable for ffmpeg's filters where its colour tags are in the way. */
import { rm } from 'node:fs/promises';
import type { ConvertPlan } from '../plan/plan.ts';
import { clearTagsArguments } from './commands/clear-tags.ts';
import { encodeLimits } from './encode-limits.ts';
import { clearReservedTags, isReserved } from './reserved-tags.ts';
import { runFfmpeg } from './run-process.ts';
import type { MediaTools } from './tools.ts';

export interface ReadableSource {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
}

export interface ReadableSourceOptions extends ReadableSource {
  /** Where a copy goes, if one is needed; gone when `work` has ended. */
  readonly copyPath: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` on the source, or on a copy of it without the reserved matrix. Where no copy can be made the source is all
 * there is: what comes of it, ffmpeg says.
 *
 * @throws what `runFfmpeg` and `work` throw
 */
export async function withReadableSource<T>(
  options: ReadableSourceOptions,
  work: (source: ReadableSource) => Promise<T>,
): Promise<T> {
  const { plan, inputPath, copyPath, tools, signal } = options;
  const filter = clearReservedTags(plan.source);
  if (filter === undefined || !isReserved(plan.source.color.space)) return work({ plan, inputPath });
  try {
    const { exitCode } = await runFfmpeg({
      tools,
      args: clearTagsArguments({ plan, inputPath, outputPath: copyPath, filter, threads: tools.limits.threads }),
      durationSeconds: plan.info.durationSeconds,
      limits: encodeLimits(plan.info.durationSeconds),
      signal,
    });
    return await work(exitCode === 0 ? { plan: onCopy(plan), inputPath: copyPath } : { plan, inputPath });
  } finally {
    await rm(copyPath, { force: true });
  }
}

/** The copy holds the chosen streams alone, in this order. */
function onCopy(plan: ConvertPlan): ConvertPlan {
  const { info, source } = plan;
  const clean = (tag: string | undefined) => (isReserved(tag) ? undefined : tag);
  const { primaries, transfer, space, range } = source.color;
  const color = { primaries: clean(primaries), transfer: clean(transfer), space: clean(space), range };
  const audio = info.audio && { ...info.audio, index: 1 };
  const video = { ...source, index: 0, color };
  return { ...plan, source: video, info: { ...info, video, audio, deepAnalysis: false } };
}
