import type { ConvertPlan } from '../../plan/plan.ts';
import { composeArguments } from './compose.ts';
import { selectStreams } from './mp4-options.ts';
import { sourceGuards } from './source-guards.ts';

export interface ClearTagsOptions {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  readonly outputPath: string;
  /** For `-bsf:v`. */
  readonly filter: string;
  readonly threads: number;
}

/** Copies the chosen streams with other tags in the bitstream. QuickTime holds whatever codec a camera writes. */
export function clearTagsArguments({ plan, inputPath, outputPath, filter, threads }: ClearTagsOptions): string[] {
  return composeArguments({
    inputPath,
    outputPath,
    threads,
    guards: sourceGuards(plan),
    outputOptions: [...selectStreams(plan), '-c', 'copy', '-bsf:v', filter, '-f', 'mov'],
  });
}
