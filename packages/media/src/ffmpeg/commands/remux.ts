import { colorCodes, completeTags } from '../../plan/color.ts';
import type { VideoInfo } from '../../plan/media-info.ts';
import type { ConvertPlan } from '../../plan/plan.ts';
import { audioFilterChain } from '../audio-chain.ts';
import { clearReservedTags } from '../reserved-tags.ts';
import { composeArguments } from './compose.ts';
import { encodeAudio, selectStreams, WEB_MP4 } from './mp4-options.ts';
import { sourceGuards } from './source-guards.ts';

export interface Mp4CommandOptions {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  readonly outputPath: string;
  readonly threads: number;
}

/** Copies the video; the audio is copied, encoded or absent as the plan says. Rotation stays in the header. */
export function remuxArguments({ plan, inputPath, outputPath, threads }: Mp4CommandOptions): string[] {
  const encodesAudio = plan.audio === 'encode';
  return composeArguments({
    inputPath,
    outputPath,
    threads,
    guards: sourceGuards(plan),
    audioFilter: audioFilterChain(plan),
    outputOptions: [
      ...selectStreams(plan),
      ...['-c:v', 'copy', ...mendTags(plan.source)],
      ...(plan.audio === 'copy' ? ['-c:a', 'copy'] : []),
      // However much of the sound is damaged, what can be saved is.
      ...(encodesAudio ? ['-max_error_rate', '1', ...encodeAudio(plan.policy)] : []),
      ...WEB_MP4,
    ],
  });
}

/** In the bitstream, and for the box that says the same. */
function mendTags(source: VideoInfo): string[] {
  const complete = completeTags(source);
  const clearing = clearReservedTags(source);
  if (complete === undefined) return clearing === undefined ? [] : ['-bsf:v', clearing];
  const { primaries, transfer, space } = colorCodes(complete);
  const inStream = [
    `video_full_range_flag=${complete.range === 'pc' ? 1 : 0}`,
    `colour_primaries=${primaries}`,
    `transfer_characteristics=${transfer}`,
    `matrix_coefficients=${space}`,
  ];
  const inBox = ['-color_primaries', primaries, '-color_trc', transfer, '-colorspace', space].map(String);
  return ['-bsf:v', `h264_metadata=${inStream.join(':')}`, ...inBox, '-color_range', complete.range];
}
