/** The faults of a run: which, when and where, drawn from the seed in advance. Pure. */
import { createRandom } from './random.ts';

/**
 * The steps of a job, in order, and the moment after them: the row is written, but the queue does not know it yet.
 */
export const STEPS = [
  'download',
  'probe',
  'plan',
  'encode',
  'publish',
  'derive',
  'upload',
  'record',
  'recorded',
] as const;
export type Step = (typeof STEPS)[number];

/** The kinds of faults. `kill`, `terminate` and `freeze` hit one worker, the others a server or the disk. */
export const KINDS = ['kill', 'terminate', 'freeze', 'queue', 'supabase', 'disk'] as const;
export type ChaosKind = (typeof KINDS)[number];

export interface ChaosEvent {
  readonly kind: ChaosKind;
  /** The target worker, for the kinds that hit one. */
  readonly worker: number;
  /** Waits until that worker is in this step; undefined for any step. */
  readonly step: Step | undefined;
  /** The delay after that, in milliseconds. */
  readonly delayMs: number;
  /** The duration of a freeze or outage, in milliseconds. A freeze lasts longer than a worker's lock on a job. */
  readonly durationMs: number;
}

/** The number of faults of each kind. */
export type ChaosCounts = Readonly<Record<ChaosKind, number>>;

/**
 * Half of the faults aim at a step, so that short ones are hit too: they happen within this many milliseconds of its
 * start, about as long as the step takes with the clips of a run.
 */
const AIMED_DELAY_MS: Readonly<Record<Step, number>> = {
  download: 400,
  probe: 80,
  plan: 0,
  encode: 1500,
  publish: 300,
  derive: 600,
  upload: 120,
  record: 4,
  recorded: 2,
};
/** The others happen at any time within this, in milliseconds. */
const ANY_STEP_DELAY_MS = 1800;

/** A freeze lasts up to this much longer than necessary. */
const FREEZE_EXTRA_MS = 3000;
const OUTAGE_MS = [2000, 7000] as const;

/** Draws the events of a run. The aimed ones cycle through all steps, so that none is missed by chance. */
export function drawSchedule(options: {
  readonly seed: number;
  readonly workers: number;
  readonly counts: ChaosCounts;
  /** A frozen worker has lost its jobs after this, in milliseconds. */
  readonly lockLostMs: number;
}): readonly ChaosEvent[] {
  const random = createRandom(options.seed);
  const kinds = KINDS.flatMap((kind) => Array.from({ length: options.counts[kind] }, () => kind));
  let aimed = random.between(0, STEPS.length - 1);
  return random.shuffle(kinds).map((kind) => {
    const step = random.next() < 0.5 ? STEPS[aimed++ % STEPS.length] : undefined;
    return {
      kind,
      worker: random.between(0, options.workers - 1),
      step,
      delayMs: random.between(0, step === undefined ? ANY_STEP_DELAY_MS : AIMED_DELAY_MS[step]),
      durationMs:
        kind === 'freeze' ? options.lockLostMs + random.between(0, FREEZE_EXTRA_MS) : random.between(...OUTAGE_MS),
    };
  });
}
