/** How two lists of times lie to each other. Pure. Seconds. */
import type { Packet } from '../measure/ffprobe.ts';

export interface Shift {
  /** How much later the second list is. */
  readonly shift: number;
  /** The most that any time is off, once that is taken away. */
  readonly worst: number;
}

/** Of each time the nearest one in another ascending list, and the largest distance. */
function largestDistance(from: readonly number[], to: readonly number[], shift: number): number {
  let at = 0;
  let worst = 0;
  for (const time of from) {
    const wanted = time + shift;
    const distance = (index: number) => Math.abs((to[index] ?? Number.POSITIVE_INFINITY) - wanted);
    while (at + 1 < to.length && distance(at + 1) <= distance(at)) at++;
    worst = Math.max(worst, distance(at));
  }
  return worst;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Times that are this near each other are taken for the same. Seconds. */
const SAME = 0.04;

export interface CompareOptions {
  /** Distances to try beside those of the starts and the ends: with frames repeated before and behind, neither tells. */
  readonly also?: readonly number[] | undefined;
  /** How much later the sound is: where several distances fit, as with even frames, the one next to this is meant. */
  readonly near?: number | undefined;
  /** The second list may have more wherever the first one stands still: only each time of the first one is looked for. */
  readonly mayRepeat?: boolean | undefined;
}

/**
 * Lists of the same length are compared one by one. Where one has fewer (frames above the limit were dropped, or a still
 * picture was repeated), they are laid upon each other at their starts or their ends, and each time of the shorter one
 * must be near one of the longer.
 */
export function compareTimes(
  expected: readonly number[],
  actual: readonly number[],
  { also = [], near = 0, mayRepeat = false }: CompareOptions = {},
): Shift {
  if (expected.length === actual.length && !mayRepeat) {
    const apart = actual.map((time, index) => time - (expected[index] ?? 0));
    const shift = median(apart);
    return { shift, worst: apart.reduce((most, value) => Math.max(most, Math.abs(value - shift)), 0) };
  }
  const isForward = mayRepeat || expected.length < actual.length;
  const shifts = [(actual[0] ?? 0) - (expected[0] ?? 0), (actual.at(-1) ?? 0) - (expected.at(-1) ?? 0), ...also];
  const tried = shifts.map((shift) => ({
    shift,
    worst: isForward ? largestDistance(expected, actual, shift) : largestDistance(actual, expected, -shift),
  }));
  const cost = ({ shift, worst }: Shift) => (worst <= SAME ? 0 : worst * 1000) + Math.abs(shift - near);
  return tried.reduce((best, other) => (cost(other) < cost(best) ? other : best));
}

/** How many packets a stream may have more at its start than another. */
const MOST_EXTRA = 400;
const LEAST_OVERLAP = 5;
/** Of the packets of the first one, beside its warm-up: silence before a sound is not taken for silence behind it. */
const LEAST_PART = 0.9;
const WARM_UP = 2;

/**
 * How much later the same packets are in a second stream, known by their sizes; what one has more at its start (an
 * encoder's warm-up, silence) is passed over. `undefined` when it does not hold the same packets.
 */
export function comparePackets(expected: readonly Packet[], actual: readonly Packet[]): Shift | undefined {
  for (let step = 0; step <= 2 * MOST_EXTRA; step++) {
    // 0, 1, -1, 2, -2 …
    const extra = step % 2 === 0 ? -step / 2 : (step + 1) / 2;
    const [from, to] = [expected.slice(Math.max(0, -extra)), actual.slice(Math.max(0, extra))];
    const overlap = Math.min(from.length, to.length);
    if (overlap < Math.max(Math.min(LEAST_OVERLAP, actual.length), expected.length * LEAST_PART - WARM_UP)) continue;
    const compared = Math.min(overlap, 200);
    const same = from.slice(0, compared).filter(({ bytes }, index) => bytes === to[index]?.bytes).length;
    if (same < compared * 0.98 - 1) continue;
    const apart = to.slice(0, overlap).map(({ time }, index) => time - (from[index]?.time ?? 0));
    const shift = median(apart);
    return { shift, worst: apart.reduce((most, value) => Math.max(most, Math.abs(value - shift)), 0) };
  }
  return undefined;
}

/** The longest time between two, and from the last to the end. */
export function largestGap(times: readonly number[], end: number): number {
  return times.reduce((most, time, index) => Math.max(most, (times[index + 1] ?? end) - time), 0);
}
