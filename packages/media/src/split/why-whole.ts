/**
 * Why a video is encoded in one piece. Pure. What is not known to come out the same, frame by frame and tick by tick, is
 * not split: one encode is always right, only slower.
 */

import type { ConvertPlan } from '../plan/plan.ts';
import { loudnessTarget } from '../plan/plan.ts';

/** Containers with an index and one clock; by ffprobe's names. */
const CONTAINERS = /^(mov,mp4|matroska,webm)/;

/** Codecs whose key frames are known to begin anew; of the first two, the cut parts themselves are looked at, too. */
const CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'vp9', 'av1']);

/** A frame is decoded no later than it is shown; muxers move it by less. Seconds. */
const MOST_DECODED_LATE_SECONDS = 0.01;

/** Answers with what stands in the way, or `undefined`. */
type Rule = (plan: ConvertPlan) => string | undefined;

const RULES = {
  copied: ({ video }) => (video === 'copy' ? 'its picture is copied' : undefined),
  container: ({ info }) =>
    CONTAINERS.test(info.format) && info.bareStream === undefined ? undefined : `the container is ${info.format}`,
  codec: ({ source }) => (CODECS.has(source.codec) ? undefined : `the video is ${source.codec}`),
  // A field is made whole by the frames around it.
  interlaced: ({ source }) => (source.interlaced ? 'the picture is interlaced' : undefined),
  // Its tables may stand in the first frames alone.
  hdr: ({ source }) => (source.hdr === undefined ? undefined : 'it has a high dynamic range'),
  turned: ({ source }) =>
    source.rotation === 0 && !source.mirrored ? undefined : 'the picture is turned by its header, which parts lack',
  shape: ({ source: { shapes, stats, aperture } }) =>
    shapes.length === 0 && !stats.newParameters && aperture === undefined ? undefined : 'its picture changes its shape',
  // Frames are chosen by a grid that begins with the first one.
  frame_rate: ({ target }) => (target.fps === undefined ? undefined : `its rate is brought to ${target.fps}`),
  edit_list: ({ source, info }) => {
    const hidden = Math.max(source.stats.hiddenSeconds, source.earlySeconds);
    if (hidden > 0) return `${hidden.toFixed(2)} s of the picture are hidden or shown early`;
    return source.stats.firstSeconds < 0 ? `the picture begins before 0 in ${info.format}` : undefined;
  },
  clock: ({ source: { stats } }) =>
    stats.clockJumps === 0 && stats.decodedLateSeconds <= MOST_DECODED_LATE_SECONDS
      ? undefined
      : 'its clock is not steady',
  first_frame: ({ source }) => (source.stats.firstPacketIsKey ? undefined : 'it does not start with a key frame'),
  read_specially: ({ info, source }) =>
    info.deepAnalysis || source.color.space === 'reserved' ? 'it has to be read in a special way' : undefined,
  // The gain follows from a look at all of the sound, whose result is part of the plan of the whole.
  loudness: ({ info: { audio }, audio: sound, policy }) =>
    audio !== undefined && sound === 'encode' && loudnessTarget(audio, policy) !== undefined
      ? 'the loudness of its sound is changed'
      : undefined,
} as const satisfies Record<string, Rule>;

/** The first reason not to split, for the log; `undefined` where it may be tried. */
export function whyWhole(plan: ConvertPlan): string | undefined {
  for (const rule of Object.values(RULES) as Rule[]) {
    const why = rule(plan);
    if (why !== undefined) return why;
  }
  return undefined;
}
