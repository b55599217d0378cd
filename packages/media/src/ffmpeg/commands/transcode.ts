import type { MediaPolicy } from '../../plan/policy.ts';
import { audioFilterChain } from '../audio-chain.ts';
import { videoFilterChain } from '../filter-chain.ts';
import { composeArguments } from './compose.ts';
import { encodeAudio, selectStreams, WEB_MP4 } from './mp4-options.ts';
import type { Mp4CommandOptions } from './remux.ts';
import { sourceGuards } from './source-guards.ts';

export interface TranscodeOptions extends Mp4CommandOptions {
  /** ffmpeg was built with zimg; without it HDR keeps its colours as they are. */
  readonly canConvertHdr: boolean;
}

/**
 * Encodes the video as H.264 High and the audio as AAC. A key frame every two seconds wherever the scenes change, so
 * that HLS renditions made from the result have aligned segments.
 */
export function transcodeArguments(options: TranscodeOptions): string[] {
  const { plan, inputPath, outputPath, threads, canConvertHdr } = options;
  const { video } = plan.policy;
  return composeArguments({
    inputPath,
    outputPath,
    threads,
    guards: sourceGuards(plan),
    videoFilter: videoFilterChain({ source: plan.source, target: plan.target, canConvertHdr }),
    audioFilter: audioFilterChain(plan),
    outputOptions: [
      ...selectStreams(plan),
      ...encodeVideo(video, { threads, keyFrames: `expr:gte(t,n_forced*${video.keyframeSeconds})` }),
      ...(plan.audio === 'none' ? [] : encodeAudio(plan.policy)),
      ...WEB_MP4,
    ],
  });
}

export interface EncodeVideoOptions {
  readonly threads: number;
  /** For `-force_key_frames`. */
  readonly keyFrames: string;
}

/** H.264 High. Frames keep their own times: the default clock has the ticks of the frame rate that the source claims. */
export const encodeVideo = (
  { preset, crf, maxRate }: MediaPolicy['video'],
  { threads, keyFrames }: EncodeVideoOptions,
): string[] => [
  ...['-c:v', 'libx264', '-preset', preset, '-crf', String(crf), '-profile:v', 'high'],
  ...['-maxrate', String(maxRate), '-bufsize', String(maxRate * 2)],
  ...['-force_key_frames', keyFrames, '-sc_threshold', '0', '-enc_time_base:v', '1/90000', '-fps_mode', 'vfr'],
  ...['-threads', String(threads), '-max_muxing_queue_size', '1024'],
  // However many frames are damaged, what can be saved is; how much that is, verification says.
  ...['-max_error_rate', '1'],
];
