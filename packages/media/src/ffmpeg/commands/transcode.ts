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
      ...['-c:v', 'libx264', '-preset', video.preset, '-crf', String(video.crf), '-profile:v', 'high'],
      ...['-maxrate', String(video.maxRate), '-bufsize', String(video.maxRate * 2)],
      ...['-force_key_frames', `expr:gte(t,n_forced*${video.keyframeSeconds})`, '-sc_threshold', '0'],
      // Frames keep their own times: the default clock has the ticks of the frame rate that the source claims.
      ...[
        '-enc_time_base:v',
        '1/90000',
        '-fps_mode',
        'vfr',
        '-threads',
        String(threads),
        '-max_muxing_queue_size',
        '1024',
      ],
      // However many frames are damaged, what can be saved is; how much that is, verification says.
      ...['-max_error_rate', '1'],
      ...(plan.audio === 'none' ? [] : encodeAudio(plan.policy)),
      ...WEB_MP4,
    ],
  });
}
