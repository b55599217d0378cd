import type { ConvertPlan } from '../../plan/plan.ts';
import { clearReservedTags } from '../reserved-tags.ts';
import { composeArguments } from './compose.ts';
import { encodeAudio, STEADY_AUDIO, selectStreams, WEB_MP4 } from './mp4-options.ts';

export interface Mp4CommandOptions {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  readonly outputPath: string;
  readonly threads: number;
}

/** Copies the video; the audio is copied, encoded or absent as the plan says. Rotation stays in the header. */
export function remuxArguments({ plan, inputPath, outputPath, threads }: Mp4CommandOptions): string[] {
  const encodesAudio = plan.audio === 'encode';
  const clearing = clearReservedTags(plan.source);
  return composeArguments({
    inputPath,
    outputPath,
    threads,
    guards: { maxPixels: plan.policy.maxInputPixels, deepAnalysis: plan.info.deepAnalysis },
    audioFilter: encodesAudio ? STEADY_AUDIO : undefined,
    outputOptions: [
      ...selectStreams(plan),
      ...['-c:v', 'copy', ...(clearing === undefined ? [] : ['-bsf:v', clearing])],
      ...(plan.audio === 'copy' ? ['-c:a', 'copy'] : []),
      ...(encodesAudio ? encodeAudio(plan.policy) : []),
      ...WEB_MP4,
    ],
  });
}
