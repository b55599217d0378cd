import type { ConvertPlan } from '../../plan/plan.ts';
import { audioFilterChain } from '../audio-chain.ts';
import { clearReservedTags } from '../reserved-tags.ts';
import { composeArguments } from './compose.ts';
import { encodeAudio, selectStreams, WEB_MP4 } from './mp4-options.ts';

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
    audioFilter: audioFilterChain(plan),
    outputOptions: [
      ...selectStreams(plan),
      ...['-c:v', 'copy', ...(clearing === undefined ? [] : ['-bsf:v', clearing])],
      ...(plan.audio === 'copy' ? ['-c:a', 'copy'] : []),
      // However much of the sound is damaged, what can be saved is.
      ...(encodesAudio ? ['-max_error_rate', '1', ...encodeAudio(plan.policy)] : []),
      ...WEB_MP4,
    ],
  });
}
