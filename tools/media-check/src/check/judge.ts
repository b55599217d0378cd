/** What is wrong with what was made of a file, by times that other readers measured. Pure. Seconds. */
import type { HlsRendition } from '../measure/hls-stream.ts';
import type { MediaTimes } from '../measure/media-file.ts';
import { comparePackets, compareTimes, largestGap, type Shift } from './compare-times.ts';

/** What may be wrong, one word each for tables. */
export type FindingKind = 'outcome' | 'duration' | 'frames' | 'sound' | 'shape' | 'sync' | 'hls' | 'play';

export interface Finding {
  readonly kind: FindingKind;
  readonly message: string;
}

/** From here on people see that lips and words part (ITU-R BT.1359 has -125 to +45 ms), and players that rungs differ. */
const TOLERANCE = 0.04;
/** What a browser is known to bridge: of a longer gap its clock may stop. */
const LONGEST_GAP = 2.1;
/** Frames per second that are kept as they are. */
const KEPT_FPS = 61;
/** A frame of the rate that a faster video is brought down to. */
const SLOWEST_FRAME = 1 / 30;
/** Nobody sees by how much the last frame is shown longer. */
const END = 0.1;
/** Beside sound, Chromium and hls.js start no stream that is shorter: what is, is held so long. */
export const LEAST_STREAM = 0.25;
/** One packet of AAC, HE-AAC at 22.05 kHz included. */
const SOUND_PACKET = 0.1;

const ms = (seconds: number) => `${Math.round(seconds * 1000)} ms`;
const s = (seconds: number) => `${seconds.toFixed(2)} s`;
const isApart = (a: number, b: number, tolerance: number) => !(Math.abs(a - b) <= tolerance);
/** How long the last frame is shown is told by few containers: as long as the one before it, or as it says. */
export const lastFrame = ({ picture }: MediaTimes) => largestGap(picture.times.slice(-2), picture.end);
/** Sides are even, and rounded to that. */
const shapeTolerance = ({ picture }: MediaTimes) => 0.01 + 2 / picture.shortSide;
const lengthOf = ({ picture, sound }: MediaTimes) =>
  Math.max(picture.end, sound?.end ?? 0) - Math.min(picture.times[0] ?? 0, sound?.times[0] ?? Number.POSITIVE_INFINITY);

/** The MP4 against the source. Warnings that say that a part is missing excuse that. */
export function judgeMp4(source: MediaTimes, mp4: MediaTimes, warnings: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const add = (kind: FindingKind, message: string) => findings.push({ kind, message });
  const wasSaid = warnings.some((code) => ['output_shorter', 'decode_errors', 'undecodable_start'].includes(code));
  const [length, made] = [lengthOf(source), lengthOf(mp4)];
  const frame = Math.max(lastFrame(source), lastFrame(mp4));
  if (isApart(length, made, Math.max(frame, TOLERANCE) + length * 0.01) && !(wasSaid && made < length)) {
    add('duration', `the MP4 lasts ${s(made)}, the source ${s(length)}`);
  }
  const [distinct, frames] = [countDistinct(source.picture.times), mp4.picture.times.length];
  const isBroughtDown = source.fps > KEPT_FPS;
  // A picture that stands still may be repeated.
  const mayRepeat = largestGap(source.picture.times, source.picture.end) > 1;
  // Of frames that go back in time, as at the seam of two edits, one that was late cannot be shown.
  const unshown = frames < distinct ? source.picture.returns : 0;
  if (
    !isBroughtDown &&
    Math.abs(distinct - frames) > 1 + distinct * 0.01 + unshown &&
    !(frames < distinct ? wasSaid : mayRepeat)
  ) {
    add('frames', `the MP4 has ${frames} frames, the source shows ${distinct}`);
  }
  const picture = compareTimes(source.picture.times, mp4.picture.times, {
    // Silence may stand in front of a sound, and its end be the one that it has.
    near: source.sound && mp4.sound && mp4.sound.end - source.sound.end,
    // What brings a rate down repeats frames where there are none.
    mayRepeat: isBroughtDown,
  });
  const step = isBroughtDown ? SLOWEST_FRAME + TOLERANCE : TOLERANCE;
  if (!(picture.worst <= step) && !wasSaid) add('frames', `frames come at other times, by up to ${ms(picture.worst)}`);
  if (isApart(source.aspect / mp4.aspect, 1, shapeTolerance(source)) && source.picture.sizes === 1) {
    add('shape', `the MP4 is ${mp4.aspect.toFixed(3)} wide for its height, the source ${source.aspect.toFixed(3)}`);
  }
  if (mp4.sound === undefined && source.sound !== undefined && !warnings.some((code) => code.startsWith('audio_'))) {
    add('sound', 'the source has sound that can be decoded, the MP4 none, and no warning says so');
  }
  if (mp4.sound !== undefined && source.sound !== undefined && !wasSaid) {
    // Sound that begins later than the picture may be given silence in front; its end tells whether it fits.
    const late = (mp4.sound.times[0] ?? 0) - (source.sound.times[0] ?? 0) - picture.shift;
    const lateAtEnd = mp4.sound.end - source.sound.end - picture.shift;
    if (!(late <= step)) add('sync', `in the MP4 the sound begins ${ms(late)} later against the picture`);
    else if (!(Math.abs(lateAtEnd) <= SOUND_PACKET + step)) {
      add('sync', `in the MP4 the sound begins ${ms(late)}, and ends ${ms(lateAtEnd)} later against the picture`);
    }
  }
  return findings;
}

/** Frames at the same time are one: none of them but the last is ever shown. */
function countDistinct(times: readonly number[]): number {
  return times.filter((time, index) => index === 0 || time - (times[index - 1] ?? 0) > 0.0005).length;
}

/** What a browser sees of the stream, against the MP4. */
export interface HlsFigures {
  /** How much later than in the MP4 the picture is against the sound, of the rung that is worst; `NaN` without sound. */
  readonly pictureLate: number;
  readonly largestGap: number;
}

/**
 * The stream against the MP4.
 *
 * @param heard how much later its sound is heard, for sound that was encoded anew.
 */
export function judgeHls(
  mp4: MediaTimes,
  renditions: readonly HlsRendition[],
  heard?: Shift | undefined,
): [Finding[], HlsFigures] {
  const findings: Finding[] = [];
  const add = (message: string) => findings.push({ kind: 'hls', message });
  const videos = renditions.filter(({ type }) => type === 'video');
  const audio = renditions.find(({ type }) => type === 'audio');
  const [top] = videos;
  if (top === undefined) return [[{ kind: 'hls', message: 'it has no picture' }], { pictureLate: 0, largestGap: 0 }];
  if ((audio === undefined) !== (mp4.sound === undefined)) {
    add(audio === undefined ? 'it has no sound, the MP4 has' : 'it has sound, the MP4 has none');
  }
  const sound = audio && mp4.sound && compareSound(mp4, audio, heard);
  if (sound !== undefined && sound.worst > TOLERANCE) add(`the sound is up to ${ms(sound.worst)} off`);
  let pictureLate = Number.NaN;
  for (const video of videos) {
    const picture = comparePictures(mp4, video.times, sound?.shift);
    const apart = sound === undefined ? Number.NaN : picture.shift - sound.shift;
    if (!(Math.abs(apart) <= Math.abs(pictureLate))) pictureLate = apart;
    if (Math.abs(apart) > TOLERANCE)
      add(`${video.name}: the picture is ${ms(apart)} later against the sound than in the MP4`);
    if (!(picture.worst <= TOLERANCE))
      add(`${video.name}: frames are up to ${ms(picture.worst)} from those of the MP4`);
    if (video.times.length < mp4.picture.times.length) {
      add(`${video.name} has ${video.times.length} frames, the MP4 ${mp4.picture.times.length}`);
    }
    // The first frame may be held before it, and the last as long as there is sound.
    const end = video.end - picture.shift;
    const last = Math.max(mp4.picture.end, mp4.sound === undefined ? 0 : Math.max(mp4.sound.end, LEAST_STREAM));
    const late = [end - mp4.picture.end, end - last] as const;
    if (!(late[0] >= -lastFrame(mp4) - END)) add(`${video.name} ends ${ms(-late[0])} before the MP4`);
    if (!(late[1] <= lastFrame(mp4) + END)) add(`${video.name} ends ${ms(late[1])} after the MP4`);
    if (isApart(video.aspect / mp4.aspect, 1, shapeTolerance(mp4)))
      add(`${video.name} is ${video.aspect.toFixed(3)} wide for its height`);
    const gap = largestGap(video.times, video.end);
    if (gap > LONGEST_GAP) add(`${video.name} has ${s(gap)} without a frame`);
    addSegments(video, top, add);
  }
  return [findings, { pictureLate, largestGap: Math.max(...videos.map(({ times, end }) => largestGap(times, end))) }];
}

/** Sound before the picture: the first frame is repeated there, the last to its end, and neither tells where it is. */
function isHeld({ picture, sound }: MediaTimes): boolean {
  return sound !== undefined && (sound.times[0] ?? 0) < (picture.times[0] ?? 0) - 0.1;
}

/** The first frame may be shown from the start of the sound on: then all others tell where the picture is. */
function comparePictures(mp4: MediaTimes, actual: readonly number[], soundShift: number | undefined): Shift {
  const expected = mp4.picture.times;
  const also = soundShift !== undefined && actual.length > expected.length && isHeld(mp4) ? [soundShift] : [];
  const all = compareTimes(expected, actual, { also, near: soundShift });
  if (expected.length !== actual.length || expected.length < 3 || all.worst <= TOLERANCE) return all;
  const others = compareTimes(expected.slice(1), actual.slice(1));
  return (actual[0] ?? 0) < (expected[0] ?? 0) + others.shift ? others : all;
}

/** By packets where they were copied, else by what was heard; by their starts where neither can be told. */
function compareSound(mp4: MediaTimes, audio: HlsRendition, heard: Shift | undefined): Shift {
  const starts = { shift: (audio.times[0] ?? 0) - (mp4.sound?.times[0] ?? 0), worst: 0 };
  return comparePackets(mp4.soundPackets, audio.packets) ?? heard ?? starts;
}

/** Each segment of a rung begins with that of the largest, and where the playlist says. */
function addSegments(video: HlsRendition, top: HlsRendition, add: (message: string) => void): void {
  const apart = video.segments.findIndex(({ start }, at) => isApart(start, top.segments[at]?.start ?? 0, TOLERANCE));
  if (apart >= 0 || video.segments.length !== top.segments.length) {
    add(
      `${video.name} and ${top.name} part at segment ${apart < 0 ? Math.min(video.segments.length, top.segments.length) : apart}`,
    );
  }
  let told = video.segments[0]?.start ?? 0;
  for (const [at, { seconds, start }] of video.segments.entries()) {
    if (isApart(told, start, TOLERANCE)) {
      add(`${video.name}: segment ${at} starts ${ms(start - told)} from where the playlist says`);
      return;
    }
    told = start + seconds;
  }
}
