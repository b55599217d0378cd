/** Whether a video is split, and where. Pure, but for the number of cores. */
import { availableParallelism } from 'node:os';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { type PartLimits, planCuts } from './plan-parts.ts';
import { predictEncodeSeconds } from './predict-encode.ts';
import { whyWhole } from './why-whole.ts';

export interface SplitQuestion {
  readonly plan: ConvertPlan;
  readonly tools: Pick<MediaTools, 'limits'>;
  /** Videos that one worker is expected to encode for less than this are not split. */
  readonly afterSeconds: number;
}

/** How long this process would encode a video, about, in seconds. */
export const expectEncodeSeconds = ({ plan, tools }: Pick<SplitQuestion, 'plan' | 'tools'>): number =>
  predictEncodeSeconds(plan, Math.min(tools.limits.threads, availableParallelism()));

/** Whether one worker would encode a video for so long that splitting it is worth a thought. */
export const isLong = ({ plan, tools, afterSeconds }: SplitQuestion): boolean =>
  plan.video === 'encode' && expectEncodeSeconds({ plan, tools }) > afterSeconds;

/**
 * Decides how a long video is encoded. Pure.
 *
 * @param idleWorkers beside the one that asks.
 */
export function decideSplit(
  plan: ConvertPlan,
  { idleWorkers, limits }: { readonly idleWorkers: number; readonly limits: PartLimits },
): { readonly cuts: readonly number[] } | { readonly whole: string } {
  const whole = whyWhole(plan);
  if (whole !== undefined) return { whole };
  if (idleWorkers < 1) return { whole: 'no other worker is idle' };
  const cuts = planCuts(plan.source.stats.durationSeconds, idleWorkers + 1, limits);
  return cuts.length === 0 ? { whole: `it is too short for parts of ${limits.leastSeconds} s` } : { cuts };
}
