/**
 * The commands that encode a video in parts. A part is a fragmented MP4 whose times are those of the whole, ten seconds
 * ahead: `frag_discont` keeps the first of them, `use_editlist 0` has nothing stand beside them, and nothing is moved to 0.
 * The clock of a source keeps its own
 * ticks there (`copytb`: else those of its frame rate), that of what is encoded has 1/90000 s. Checked with ffmpeg 5.1 and 7.0.
 */
import type { ConvertPlan } from '../../plan/plan.ts';
import { keyFramesOfPart, PART_OFFSET_SECONDS } from '../../split/part-times.ts';
import { audioFilterChain } from '../audio-chain.ts';
import { videoFilterChain } from '../filter-chain.ts';
import { composeArguments } from './compose.ts';
import { encodeAudio, WEB_MP4 } from './mp4-options.ts';
import type { Mp4CommandOptions } from './remux.ts';
import { sourceGuards } from './source-guards.ts';
import { encodeVideo } from './transcode.ts';

const FRAGMENTS = '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_sidx';

/** Nothing of the file but the streams that are mapped. */
const ALONE = ['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1'];

export interface CutOptions {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  /** Where to cut: at the first key frame from each of these on, by their numbers. What a time means differs by release. */
  readonly cuts: readonly number[];
  /** In the folder that ffmpeg runs in. */
  readonly pattern: string;
  readonly threads: number;
}

/** Copies the picture into parts. */
export function cutArguments({ plan, inputPath, cuts, pattern, threads }: CutOptions): string[] {
  return composeArguments({
    inputPath,
    outputPath: { relative: pattern },
    threads,
    guards: sourceGuards(plan),
    // Of the input: whether the muxer hears of an offset of the output differs by release.
    inputOptions: ['-itsoffset', String(PART_OFFSET_SECONDS)],
    outputOptions: [
      ...['-map', `0:${plan.source.index}`, '-an', ...ALONE, '-c:v', 'copy', '-copytb', '1'],
      ...['-avoid_negative_ts', 'disabled', '-f', 'segment', '-segment_format', 'mp4'],
      ...['-segment_frames', cuts.join(',')],
      ...['-segment_format_options', `avoid_negative_ts=disabled:use_editlist=0:movflags=${FRAGMENTS}`],
    ],
  });
}

/** What of a plan the encode of a part needs. */
export type PartEncode = Pick<ConvertPlan, 'source' | 'target'> & {
  readonly policy: Pick<ConvertPlan['policy'], 'video' | 'maxInputPixels'>;
};

export interface PartCommandOptions {
  readonly encode: PartEncode;
  readonly inputPath: string;
  readonly outputPath: string;
  /** From the first frame of the video to its own. */
  readonly sinceSeconds: number;
  readonly threads: number;
}

/** Encodes a part as one encode of the whole would. */
export function partArguments({ encode, inputPath, outputPath, sinceSeconds, threads }: PartCommandOptions): string[] {
  const { source, target, policy } = encode;
  const keyFrames = keyFramesOfPart(sinceSeconds, policy.video.keyframeSeconds);
  return composeArguments({
    inputPath,
    outputPath,
    threads,
    guards: { maxPixels: policy.maxInputPixels },
    inputOptions: ['-copyts'],
    videoFilter: videoFilterChain({ source, target, canConvertHdr: false }),
    outputOptions: [
      ...['-map', '0:0', '-an', ...ALONE],
      ...encodeVideo(policy.video, { threads, keyFrames }),
      ...['-use_editlist', '0', '-avoid_negative_ts', 'disabled', '-movflags', FRAGMENTS, '-f', 'mp4'],
    ],
  });
}

/** Encodes the sound of the whole as it is encoded beside its picture. */
export function soundArguments({ plan, inputPath, outputPath, threads }: Mp4CommandOptions): string[] {
  return composeArguments({
    inputPath,
    outputPath,
    threads,
    guards: sourceGuards(plan),
    audioFilter: audioFilterChain(plan),
    outputOptions: [
      ...['-map', `0:${plan.info.audio?.index}`, '-vn', ...ALONE],
      ...['-max_error_rate', '1', ...encodeAudio(plan.policy), '-f', 'mp4'],
    ],
  });
}

export interface JoinOptions {
  /** All encoded parts, one behind the other. */
  readonly picturePath: string;
  readonly soundPath: string | undefined;
  readonly outputPath: string;
  readonly maxPixels: number;
  readonly threads: number;
}

/** Copies picture and sound into one MP4, on the clock of the video. */
export function joinArguments({ picturePath, soundPath, outputPath, maxPixels, threads }: JoinOptions): string[] {
  return composeArguments({
    inputPath: picturePath,
    otherInputPath: soundPath,
    outputPath,
    threads,
    guards: { maxPixels },
    inputOptions: ['-copyts', '-itsoffset', String(-PART_OFFSET_SECONDS)],
    outputOptions: [
      ...['-map', '0:0', ...(soundPath === undefined ? [] : ['-map', '1:0'])],
      ...[...ALONE, '-c', 'copy', ...WEB_MP4],
    ],
  });
}
