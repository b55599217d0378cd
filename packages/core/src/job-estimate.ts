/**
 * How far a job is and how long it will still take, as one estimate over all of its steps: their weights say how they
 * compare, and what was measured in this run says how fast this machine and this network are. Pure.
 */

/**
 * Steps of one kind are as fast as each other: what the machine computes, and what goes over the network. `other`: it
 * tells nothing of the speed of any.
 */
export type StepKind = 'work' | 'transfer' | 'other';

export interface EstimatedStep {
  /** Its expected duration, in the same unit for all steps. */
  readonly weight: number;
  readonly kind: StepKind;
}

/** The step that is running. */
export interface RunningStep {
  /** Of all steps, from 0. */
  readonly index: number;
  readonly elapsedSeconds: number;
  /** What it last said of itself: the part that is done, from 0 to 1, and when, in seconds since it began. */
  readonly reported?: { readonly done: number; readonly atSeconds: number } | undefined;
}

export interface JobEstimate {
  /** From 0 to 100; 100 only when nothing is left. */
  readonly percent: number;
  /** Undefined: not known, and nobody should be told a guess. */
  readonly etaSeconds: number | undefined;
}

/** Before a third is over, what is left is a guess: one step says little about the others. */
const TELL_FROM_PERCENT = 100 / 3;

/**
 * In the first seconds it is starting programs that takes the time, which no weight tells: of clips that took 7 s in all,
 * what was told after 2 s was off by a factor of 2.
 */
const TELL_FROM_SECONDS = 3;

/** A step says how long it takes when so much of it is done; before, its weight says it better. */
const TELLS_FROM_DONE = 0.1;

/**
 * After so long what a step says of itself counts alone. A program starts slowly: of clips that took 5.5 s in all, its
 * first words were off by a factor of 3.
 */
const TRUSTED_FROM_SECONDS = 5;

/**
 * Where no other step has told a speed, a step's own words count from here on. An encoder holds frames back: of a copied
 * clip whose ladder took 6 s it said 0.3 after 5.7 s.
 */
const ALONE_FROM = { done: 0.5, seconds: 10 };

/** A step of less than this part of all weights is too short to measure a speed by. */
const MEASURES_FROM_SHARE = 0.04;

/** A step that takes longer than expected is about to end, as far as anyone knows: so much of what it took is left. */
const OVERDUE_SHARE = 0.05;

/**
 * @param durations of the steps that have ended in this run, in seconds, by their place; a step before the running one
 * that is absent was done by an earlier run.
 */
export function estimateJob(
  steps: readonly EstimatedStep[],
  durations: ReadonlyMap<number, number>,
  running: RunningStep,
): JobEstimate {
  const { index } = running;
  const step = steps[index];
  if (step === undefined) return { percent: 100, etaSeconds: 0 };
  const before = measurePace(steps, durations);
  const own = ownDuration(running, before.isMeasured ? expectedAt(steps, before, index) : undefined);
  const pace = own === undefined ? before : measurePace(steps, new Map([...durations, [index, own]]));
  const expected = (at: number): number => expectedAt(steps, pace, at);
  const whole = own ?? expected(index);
  const isOver = running.reported?.done === 1;
  const left = isOver ? 0 : Math.max(whole - running.elapsedSeconds, running.elapsedSeconds * OVERDUE_SHARE);
  const ended = steps.slice(0, index).reduce((sum, _, at) => sum + (durations.get(at) ?? expected(at)), 0);
  const after = steps.slice(index + 1).reduce((sum, _, at) => sum + expected(index + 1 + at), 0);
  const passed = ended + running.elapsedSeconds;
  const remaining = left + after;
  const percent = remaining <= 0 ? 100 : Math.min(99.9, (passed / (passed + remaining)) * 100);
  const measured = [...durations.values()].reduce((sum, duration) => sum + duration, running.elapsedSeconds);
  const isKnown = pace.isMeasured && percent >= TELL_FROM_PERCENT && measured >= TELL_FROM_SECONDS;
  return { percent: Number.isFinite(percent) ? percent : 0, etaSeconds: isKnown ? remaining : undefined };
}

/**
 * How long the running step takes in all, by what it says of itself.
 *
 * @param expected by its weight, in seconds, where the speed of other steps was measured.
 */
function ownDuration({ elapsedSeconds, reported }: RunningStep, expected: number | undefined): number | undefined {
  if (reported === undefined || reported.done < TELLS_FROM_DONE) return undefined;
  const { done, atSeconds } = reported;
  if (done >= 1) return elapsedSeconds;
  const told = atSeconds / done;
  if (expected === undefined) return done >= ALONE_FROM.done || atSeconds >= ALONE_FROM.seconds ? told : undefined;
  const trust = Math.min(1, atSeconds / TRUSTED_FROM_SECONDS);
  return told * trust + Math.max(expected, atSeconds) * (1 - trust);
}

type Pace = Readonly<Record<StepKind, number>> & { readonly isMeasured: boolean };

/** Seconds for each unit of weight. What was not measured is taken to be as fast as the rest. */
function measurePace(steps: readonly EstimatedStep[], durations: ReadonlyMap<number, number>): Pace {
  const all = steps.reduce((sum, { weight }) => sum + weight, 0);
  const measure = (kind: StepKind): number | undefined => {
    let [seconds, weight] = [0, 0];
    for (const [at, step] of steps.entries()) {
      const duration = durations.get(at);
      const isMeasure = step.kind === kind && step.weight >= all * MEASURES_FROM_SHARE;
      if (duration === undefined || !isMeasure) continue;
      seconds += duration;
      weight += step.weight;
    }
    return weight === 0 ? undefined : seconds / weight;
  };
  const [work, transfer] = [measure('work'), measure('transfer')];
  const known = work ?? transfer ?? 1;
  return { work: known, transfer: transfer ?? known, other: known, isMeasured: work !== undefined };
}

const expectedAt = (steps: readonly EstimatedStep[], pace: Pace, at: number): number =>
  (steps[at]?.weight ?? 0) * pace[steps[at]?.kind ?? 'work'];
