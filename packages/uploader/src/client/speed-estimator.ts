/** How fast bytes go, smoothed so that the number can be read. Pure: the clock is handed in. */

/** Time constant of the smoothing, in milliseconds: a change of speed shows to two thirds after so long. */
const SMOOTHING_MS = 3000;

/** Shorter spans are gathered first, in milliseconds: a burst into a buffer is no speed. */
const MIN_SPAN_MS = 200;

/** Bytes per second, and how sure of it we are. */
export interface SpeedEstimate {
  readonly rate: number;
  /** From 0 to 1: how much of the smoothing's window has been seen. */
  readonly weight: number;
  readonly atMs: number;
  readonly atBytes: number;
}

/** Begins at a position, for example where an upload resumes: what came before is no speed. */
export const startSpeed = (atBytes: number, atMs: number): SpeedEstimate => ({ rate: 0, weight: 0, atMs, atBytes });

/** A position that lies before the last one (bytes that were lost) begins a new span and adds nothing. */
export function measureSpeed(estimate: SpeedEstimate, atBytes: number, atMs: number): SpeedEstimate {
  if (atBytes < estimate.atBytes) return { ...estimate, atBytes, atMs };
  const spanMs = atMs - estimate.atMs;
  if (spanMs < MIN_SPAN_MS) return estimate;
  const share = 1 - Math.exp(-spanMs / SMOOTHING_MS);
  const measured = ((atBytes - estimate.atBytes) / spanMs) * 1000;
  return {
    rate: estimate.rate + share * (measured - estimate.rate),
    weight: estimate.weight + share * (1 - estimate.weight),
    atMs,
    atBytes,
  };
}

/** Bytes per second; undefined while too little was seen. */
export function speedOf(estimate: SpeedEstimate): number | undefined {
  // Divided by the weight: the start from zero would otherwise be taken for slowness.
  return estimate.weight === 0 ? undefined : estimate.rate / estimate.weight;
}

/** No longer wait is a prediction, in seconds. */
const ETA_MAX_SECONDS = 7 * 24 * 3600;

/** Seconds until the last byte; undefined while there is no speed to tell it from. */
export function etaOf(estimate: SpeedEstimate, bytesLeft: number): number | undefined {
  const speed = speedOf(estimate);
  if (bytesLeft <= 0) return 0;
  if (speed === undefined || speed < 1) return undefined;
  const seconds = bytesLeft / speed;
  return seconds > ETA_MAX_SECONDS ? undefined : seconds;
}
