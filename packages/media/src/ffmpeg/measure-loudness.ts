/** Measures loudness: of a source before its sound is encoded, and of the result. */
import { explainLimit, type LoudnessReport, planGain, readEbur128, readLoudnorm } from '../plan/loudness.ts';
import type { MediaInfo } from '../plan/media-info.ts';
import { type ConvertPlan, keepLoudness, loudnessTarget } from '../plan/plan.ts';
import { loudnessArguments, resultLoudnessArguments } from './commands/loudness.ts';
import { encodeLimits } from './encode-limits.ts';
import { runFfmpeg } from './run-process.ts';
import type { MediaTools } from './tools.ts';

interface MeasureOptions {
  readonly plan: ConvertPlan;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The plan with the gain that its policy asks for. Silence is left alone; where nothing can be measured the sound keeps
 * its loudness, with a warning.
 *
 * @throws what `runFfmpeg` throws
 */
export async function planLoudness(options: MeasureOptions & { readonly inputPath: string }): Promise<ConvertPlan> {
  const { plan, inputPath, tools } = options;
  const track = plan.info.audio;
  const target = track === undefined ? undefined : loudnessTarget(track, plan.policy);
  if (plan.audio !== 'encode' || target === undefined) return plan;
  const { exitCode, stderrTail } = await measure(
    options,
    loudnessArguments({ plan, inputPath, threads: tools.limits.threads }),
  );
  const measured = exitCode === 0 ? readLoudnorm(stderrTail) : undefined;
  if (measured === undefined) {
    const message = 'The loudness of the sound could not be measured; it was left as it is.';
    return withWarning(keepLoudness(plan), 'loudness_unavailable', message);
  }
  const loudness = planGain(measured, target);
  if (loudness === undefined) return keepLoudness(plan);
  return withWarning({ ...plan, loudness }, 'loudness_limited', explainLimit(loudness));
}

function withWarning(
  plan: ConvertPlan,
  code: 'loudness_limited' | 'loudness_unavailable',
  message: string | undefined,
) {
  return message === undefined ? plan : { ...plan, warnings: [...plan.warnings, { code, message }] };
}

/**
 * What was measured before and after; `undefined` where the loudness was left alone.
 *
 * @throws what `runFfmpeg` throws
 */
export async function reportLoudness(
  options: MeasureOptions & { readonly outputPath: string; readonly output: MediaInfo },
): Promise<LoudnessReport | undefined> {
  const { plan, outputPath, output, tools } = options;
  if (plan.loudness === undefined || output.audio === undefined) return undefined;
  const { measured, target, applied } = plan.loudness;
  const { exitCode, stderrTail } = await measure(
    options,
    resultLoudnessArguments({
      inputPath: outputPath,
      audioIndex: output.audio.index,
      maxPixels: plan.policy.maxInputPixels,
      threads: tools.limits.threads,
    }),
  );
  const { integrated, truePeak } = measured;
  return {
    target,
    applied,
    input: { integrated, truePeak },
    output: exitCode === 0 ? readEbur128(stderrTail) : undefined,
  };
}

const measure = ({ plan, tools, signal }: MeasureOptions, args: readonly string[]) =>
  runFfmpeg({ tools, args, limits: encodeLimits(plan.info.durationSeconds), signal });
