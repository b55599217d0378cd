/**
 * Whether a step of a transport stream's clock is a restart, or time in which nothing was shown: a screen that stood
 * still for 12 s beside its sound. Pure. Seconds.
 */

/**
 * ffmpeg treats a jump of more than 10 s in a transport or program stream as a restart of its timestamps
 * (-dts_delta_threshold, ffmpeg documentation), and one of more than 0.1 s backwards (its source, ts_discontinuity).
 */
const CLOCK_JUMP_SECONDS = 10;
const CLOCK_BACK_SECONDS = 0.1;
/** A file with more restarts than this has no steady clock, whatever else is in it. */
const MOST_JUMPS = 100;
/**
 * A clock that starts anew starts anywhere within 26.5 h (33 bits at 90 kHz): by chance, one of 27 times within an hour
 * ahead. Nobody records a longer pause into one stream.
 */
const LONGEST_PAUSE_SECONDS = 3600;

interface Jump {
  readonly from: number;
  readonly to: number;
}

/** One stream's times of decoding. */
export interface StreamClock {
  /** Time that is lost by the step to this packet, if it is a jump. */
  step(packet: { readonly decodeTime: number; readonly time: number; readonly duration: number }): number;
  readonly jumps: readonly Jump[];
  readonly first: number;
  readonly last: number;
}

/** Follows one stream, packet by packet in the order of decoding. */
export function createStreamClock(): StreamClock {
  const jumps: Jump[] = [];
  let [first, last, shown] = [Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY];
  let lasted = 0;
  return {
    jumps,
    get first() {
      return first;
    },
    get last() {
      return last;
    },
    step({ decodeTime, time, duration }) {
      if (Number.isNaN(decodeTime)) return 0;
      const step = decodeTime - last;
      // A frame that was read before the step and is shown behind it: the clock went on all the while.
      const goesOn = step > 0 && shown - last > step / 2;
      const isJump = (step > CLOCK_JUMP_SECONDS && !goesOn) || step < -CLOCK_BACK_SECONDS;
      if (isJump && jumps.length < MOST_JUMPS) jumps.push({ from: last, to: decodeTime });
      if (Number.isNaN(first)) first = decodeTime;
      if (isJump) shown = Number.NEGATIVE_INFINITY;
      if (time > shown) shown = time;
      [last, lasted] = [decodeTime, duration];
      return isJump ? step - lasted : 0;
    },
  };
}

/**
 * Whether each jump of a stream is spanned by another one that has none: a restart would be one of theirs, too. A step
 * back is a restart always.
 */
export function isSpanned({ jumps }: StreamClock, others: readonly StreamClock[]): boolean {
  const steady = others.filter((other) => other.jumps.length === 0);
  return (
    jumps.length < MOST_JUMPS &&
    jumps.every(({ from, to }) => from < to && steady.some(({ first, last }) => first <= from && last >= to))
  );
}

/** Whether all jumps of a stream are as those of one that stood still for a while. */
export function mayHavePaused({ jumps }: StreamClock): boolean {
  return (
    jumps.length > 0 &&
    jumps.length < MOST_JUMPS &&
    jumps.every(({ from, to }) => from < to && to - from <= LONGEST_PAUSE_SECONDS)
  );
}
