import type { ConvertPlan } from '../../plan/plan.ts';
import { measuringChain } from '../audio-chain.ts';
import { composeArguments } from './compose.ts';
import { sourceGuards } from './source-guards.ts';

interface MeasureOptions {
  readonly inputPath: string;
  readonly maxPixels: number;
  readonly threads: number;
}

/** Both filters print what they measured as information, after all else. */
const PRINTED = ['-v', 'info', '-nostats'];

export interface LoudnessOptions extends Omit<MeasureOptions, 'maxPixels'> {
  readonly plan: ConvertPlan;
}

/** Measures the sound of the source as it will be encoded: the first pass. */
export function loudnessArguments({ plan, ...options }: LoudnessOptions): string[] {
  const { audio } = plan.info;
  return composeArguments({
    ...options,
    guards: sourceGuards(plan),
    audioFilter: measuringChain(plan),
    outputOptions: [...PRINTED, '-map', `0:${audio?.index}`, '-max_error_rate', '1', '-f', 'null'],
    outputPath: null,
  });
}

/** Measures the sound of the result. */
export function resultLoudnessArguments({ maxPixels, ...options }: MeasureOptions & { audioIndex: number }): string[] {
  return composeArguments({
    ...options,
    guards: { maxPixels },
    audioFilter: 'ebur128=peak=true:framelog=verbose',
    outputOptions: [...PRINTED, '-map', `0:${options.audioIndex}`, '-f', 'null'],
    outputPath: null,
  });
}
