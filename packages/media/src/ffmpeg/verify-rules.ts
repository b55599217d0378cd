/** Compares an output with what was planned. Pure. Exit code 0 does not mean success: half a file encodes without an error. */
import type { MediaInfo, PacketStats, ProbeResult } from '../plan/media-info.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import { type Rejection, rejection } from '../plan/rejections.ts';

/** What the comparison says: at most one of `problem` and `rejection`. */
export interface Comparison {
  /** The output is wrong, through no fault of the file. */
  readonly problem?: string;
  /** The picture is right: the problem is with the sound alone. */
  readonly withSound?: boolean;
  /** The file turned out not to hold a video worth publishing. */
  readonly rejection?: Rejection;
  readonly warnings: readonly MediaWarning[];
}

/** Below this part of the input, the output is not published. */
const LEAST_PART = 0.5;

/**
 * Judges an output by its probe. Times are compared with what the packets of the input hold from its first key frame
 * on, never with its header: a header may promise 143 165 s where 1.07 s were recorded.
 */
export function compareOutput(plan: ConvertPlan, output: ProbeResult): Comparison {
  const fault = findFault(plan, output);
  if (fault !== undefined) return { problem: fault, warnings: [] };
  if (!output.readable || output.video === undefined || output.video.stats.packets === 0) {
    return { rejection: rejection('undecodable_video', { detail: 'no frame could be decoded' }), warnings: [] };
  }
  const picture = compareTimes(pictureTime(plan.source.stats), pictureTime(output.video.stats));
  const whole = compareTimes(mediaTime(plan.info), mediaTime(output));
  if (plan.video === 'copy' && picture.verdict !== 'equal')
    return { problem: `the copy ${picture.words}`, warnings: [] };
  if (picture.verdict === 'longer') return { problem: `the output ${picture.words}`, warnings: [] };
  const soundFault =
    findSoundFault(plan, output) ?? (whole.verdict === 'longer' ? `the output ${whole.words}` : undefined);
  if (soundFault !== undefined) return { problem: soundFault, withSound: true, warnings: [] };
  if (picture.part < LEAST_PART)
    return { rejection: rejection('truncated_media', { detail: picture.words }), warnings: [] };
  const worst = picture.part < whole.part ? picture : whole;
  return { warnings: [...shorter(plan, output, worst), ...audioLost(plan, output)] };
}

function findFault(plan: ConvertPlan, output: ProbeResult): string | undefined {
  if (!output.readable) return `the output cannot be read (${output.code}: ${output.detail})`;
  const { video, mp4 } = output;
  if (mp4 === undefined || !mp4.moovFirst || mp4.fragmented) return 'the index does not stand in front of the media';
  if (video === undefined) return plan.video === 'copy' ? 'the copy has no video' : undefined;
  if (video.codec !== 'h264') return `the video is ${video.codec}`;
  if (!/^yuvj?420p$/.test(video.pixelFormat ?? '')) return `the pixels are ${video.pixelFormat}`;
  if (plan.video === 'encode' && (video.codedWidth !== plan.target.width || video.codedHeight !== plan.target.height)) {
    return `the picture is ${video.codedWidth}x${video.codedHeight}, not ${plan.target.width}x${plan.target.height}`;
  }
  if (plan.audio === 'none' && output.audioTracks > 0) return 'the output has audio where there was none';
  return undefined;
}

function findSoundFault(plan: ConvertPlan, { audio }: MediaInfo): string | undefined {
  if (plan.audio === 'copy' && audio === undefined) return 'the copy lost the audio';
  return audio === undefined || audio.codec === 'aac' ? undefined : `the audio is ${audio.codec}`;
}

/**
 * How long something lasts. The last frame of a slideshow may stay for seconds, and not every encoder keeps that: the
 * length lies between the time of the last frame and its end.
 */
interface Length {
  readonly least: number;
  readonly most: number;
}

interface LengthComparison {
  readonly verdict: 'equal' | 'shorter' | 'longer';
  /** Output by input, 0 to 1. */
  readonly part: number;
  readonly words: string;
}

/** Equal within one second or one percent, whichever is more. */
function compareTimes(input: Length, output: Length): LengthComparison {
  const tolerance = Math.max(1, input.most * 0.01);
  const words = `has ${output.most.toFixed(2)} s of ${input.most.toFixed(2)} s`;
  if (output.least > input.most + tolerance) return { verdict: 'longer', part: 1, words };
  if (output.most < input.least - tolerance) return { verdict: 'shorter', part: output.most / input.least, words };
  return { verdict: 'equal', part: 1, words };
}

/** Frames before the first key frame cannot be decoded by anyone. */
function pictureTime({ firstSeconds, firstKeySeconds, lastSeconds, durationSeconds }: PacketStats): Length {
  const lost = Math.max(0, (firstKeySeconds ?? firstSeconds) - firstSeconds);
  return { least: lastSeconds - firstSeconds - lost, most: durationSeconds - lost };
}

/** Picture and sound together. */
function mediaTime({ video, audio, durationSeconds }: MediaInfo): Length {
  if (video === undefined) return { least: durationSeconds, most: durationSeconds };
  const start = Math.min(video.stats.firstSeconds, audio?.stats.firstSeconds ?? Infinity);
  const soundEnd = audio === undefined ? start : audio.stats.firstSeconds + audio.stats.durationSeconds;
  return { least: Math.max(video.stats.lastSeconds, soundEnd) - start, most: durationSeconds };
}

function shorter(plan: ConvertPlan, output: MediaInfo, worst: LengthComparison): MediaWarning[] {
  const warning = (what: string, words: string): MediaWarning[] => [
    { code: 'output_shorter', message: `A part of the ${what} could not be read: the result ${words}.` },
  ];
  if (worst.verdict === 'shorter') return warning('video', worst.words);
  if (plan.audio !== 'encode' || output.audio === undefined) return [];
  const sound = compareTimes(soundEnd(plan.info), soundEnd(output));
  return sound.verdict === 'shorter' ? warning('sound', sound.words) : [];
}

/** Until when there is sound, from the start of the file: an encode fills what is before it with silence. */
function soundEnd({ video, audio }: MediaInfo): Length {
  if (audio === undefined) return { least: 0, most: 0 };
  const { firstSeconds, durationSeconds } = audio.stats;
  const end = firstSeconds + durationSeconds - Math.min(firstSeconds, video?.stats.firstSeconds ?? firstSeconds);
  return { least: end, most: end };
}

function audioLost(plan: ConvertPlan, output: MediaInfo): MediaWarning[] {
  if (plan.audio !== 'encode' || output.audio !== undefined) return [];
  return [{ code: 'audio_lost', message: 'The sound could not be read; the result has none.' }];
}
