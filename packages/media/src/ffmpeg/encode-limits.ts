import type { ProcessLimits } from './watchdog.ts';

const SHORTEST_TOTAL_MS = 10 * 60_000;
/** 20 times the length of the video: an 8K source on two cores needs 13 times. */
const TIMES_DURATION = 20;

/** The limits of one encode: at least ten minutes in all; what is given replaces what is computed. */
export function encodeLimits(durationSeconds: number, given: ProcessLimits = {}): ProcessLimits {
  return { totalMs: Math.max(SHORTEST_TOTAL_MS, durationSeconds * 1000 * TIMES_DURATION), ...given };
}
