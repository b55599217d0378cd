/** Compares what was said about the time left with the truth. Pure. */

/** One report of progress. */
export interface ToldTime {
  /** Since the job began. */
  readonly atSeconds: number;
  readonly percent: number;
  /** As it was said; undefined: nothing was. */
  readonly etaSeconds: number | undefined;
  readonly step: string;
}

export interface TimeLeftFigures {
  /** How long it took. */
  readonly seconds: number;
  /** The largest factor between what was said and what was true, wherever something was said; 1: nothing was, or all was true. */
  readonly worst: number;
  readonly worstAt: ToldTime | undefined;
  /** The part of the time after which something was said; 1: nothing ever was. */
  readonly toldFrom: number;
  /** Whether the percentage never fell. */
  readonly isSteady: boolean;
}

/** What people call "a moment": a difference that nobody can tell, in seconds. */
const MOMENT_SECONDS = 2;

export function judgeTimeLeft(told: readonly ToldTime[], seconds: number): TimeLeftFigures {
  let [worst, worstAt]: [number, ToldTime | undefined] = [1, undefined];
  for (const one of told) {
    const factor = factorOf(one.etaSeconds, seconds - one.atSeconds);
    if (factor > worst) [worst, worstAt] = [factor, one];
  }
  const first = told.find(({ etaSeconds }) => etaSeconds !== undefined);
  return {
    seconds,
    worst,
    worstAt,
    toldFrom: first === undefined ? 1 : first.atSeconds / seconds,
    isSteady: told.every(({ percent }, index) => percent >= (told[index - 1]?.percent ?? 0)),
  };
}

/** Below this many seconds people are told "a few seconds" (`formatTimeLeft` of the package `uploader`). */
const FEW_SECONDS = 5;

function factorOf(said: number | undefined, truth: number): number {
  if (said === undefined || Math.abs(said - truth) <= MOMENT_SECONDS) return 1;
  if (said < FEW_SECONDS && truth < FEW_SECONDS) return 1;
  return said > truth ? said / Math.max(truth, 0.1) : truth / Math.max(said, 0.1);
}
