/** Into how many parts a video is cut, and about where. Pure. */

/** How long parts may be, in seconds. */
export interface PartLimits {
  readonly leastSeconds: number;
  readonly mostSeconds: number;
}

/** Long enough that moving a part costs little beside encoding it, short enough that a lost one does not matter. */
export const PART_LIMITS: PartLimits = Object.freeze({ leastSeconds: 60, mostSeconds: 120 });

/**
 * Where a video should be cut: each cut is made at the first key frame from there on. As many parts as divide evenly among
 * the workers, where a number within the limits does.
 *
 * @param workers that may take parts, from 1.
 * @returns seconds from the start, without 0 and the end; none where the video is too short for two parts.
 */
export function planCuts(durationSeconds: number, workers: number, limits: PartLimits = PART_LIMITS): number[] {
  const { leastSeconds, mostSeconds } = limits;
  const least = Math.max(2, Math.ceil(durationSeconds / mostSeconds));
  const most = Math.floor(durationSeconds / leastSeconds);
  if (most < least) return [];
  const wanted = (durationSeconds * 2) / (leastSeconds + mostSeconds);
  const even = [Math.floor(wanted / workers), Math.ceil(wanted / workers)]
    .map((rounds) => rounds * workers)
    .filter((count) => count >= least && count <= most)
    .sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
  const count = even[0] ?? Math.min(most, Math.max(least, Math.round(wanted)));
  return Array.from({ length: count - 1 }, (_, index) => ((index + 1) * durationSeconds) / count);
}
