/** What the outputs of a video may take of a disk, in bytes. Pure. */
import { isReserved } from '../ffmpeg/reserved-tags.ts';
import { type BoundedVideo, mostVideoBytes } from '../plan/output-bounds.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { predictOutput } from '../plan/predict-output.ts';
import { outputsOf } from './catalog.ts';

/** The MP4 of a plan as it may become at most. */
export const boundVideo = (plan: ConvertPlan, maxFileBytes = Infinity): BoundedVideo => ({
  info: predictOutput(plan),
  bytes: Math.min(mostVideoBytes(plan), maxFileBytes),
});

/** A copy of the source that an encode of it needs (`readable-source.ts`); of most, none. */
export function scratchBytes({ info, source, audio }: ConvertPlan): number {
  if (!isReserved(source.color.space)) return 0;
  const streams = source.stats.bytes + (audio === 'none' ? 0 : (info.audio?.stats.bytes ?? 0));
  return Math.max(info.sizeBytes, streams) * 1.1;
}

/** Everything that is derived from an MP4. */
export const mostDerivedBytes = (kinds: readonly string[], mp4: BoundedVideo, policy: MediaPolicy): number =>
  outputsOf(kinds, 'derive').reduce((sum, output) => sum + output.mostBytes(mp4, policy), 0);

/**
 * The most that a video takes at any time: the source stays until the MP4 and what is made with it is there, and the rest
 * is made when the source is gone.
 */
export function peakBytes(plan: ConvertPlan, kinds: readonly string[], mp4: BoundedVideo): number {
  const { info, policy } = plan;
  const withVideo = outputsOf(kinds, 'encode')
    .filter(({ kind }) => kind !== 'video')
    .reduce((sum, output) => sum + output.mostBytes(mp4, policy), mp4.bytes);
  const encoding = info.sizeBytes + scratchBytes(plan) + withVideo;
  return Math.ceil(Math.max(encoding, withVideo + mostDerivedBytes(kinds, mp4, policy)));
}
