import type { ConvertPlan } from '../../plan/plan.ts';
import { clockMayJump } from '../packet-stats.ts';
import type { InputGuardOptions } from '../sandbox.ts';

/** The flags in front of the source of a plan. */
export function sourceGuards({ policy, info, source }: ConvertPlan): InputGuardOptions {
  return {
    maxPixels: policy.maxInputPixels,
    deepAnalysis: info.deepAnalysis,
    steadyClock: clockMayJump(info.format) && source.stats.clockJumps + (info.audio?.stats.clockJumps ?? 0) === 0,
  };
}
