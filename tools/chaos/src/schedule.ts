/** What goes wrong, when and to whom: drawn from the seed before anything is started. Pure. */
import { createRandom } from './random.ts';

/**
 * The steps of a job, in order, and the moment after them: the row is written, and the queue does not know it yet.
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

/** What can happen. `kill`, `terminate` and `freeze` strike one worker, the others a server or the disk. */
export const KINDS = ['kill', 'terminate', 'freeze', 'queue', 'supabase', 'disk'] as const;
export type ChaosKind = (typeof KINDS)[number];

export interface ChaosEvent {
  readonly kind: ChaosKind;
  /** Which worker; for the kinds that strike one. */
  readonly worker: number;
  /** Waits until a job of that worker is in this step; undefined for any step. */
  readonly step: Step | undefined;
  /** From then on, in milliseconds. */
  readonly delayMs: number;
  /** How long it lasts, in milliseconds; for what has a length. A freeze lasts longer than a worker's claim on a job. */
  readonly durationMs: number;
}

/** How many of each. */
export type ChaosCounts = Readonly<Record<ChaosKind, number>>;

/**
 * Half of the strikes aim at a step, so that short ones are hit too: they come within this many milliseconds of its
 * beginning, about as long as it takes with the clips of a run.
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
/** The others come at any moment. */
const BLIND_DELAY_MS = 1800;

/** A freeze lasts up to this much longer than it must. */
const FREEZE_MORE_MS = 3000;
const OUTAGE_MS = [2000, 7000] as const;

/** Draws the events of a run. The aimed strikes go round all steps, so that none is left out by chance. */
export function drawSchedule(options: {
  readonly seed: number;
  readonly workers: number;
  readonly counts: ChaosCounts;
  /** A frozen worker has lost its jobs after this, in milliseconds. */
  readonly claimMs: number;
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
      delayMs: random.between(0, step === undefined ? BLIND_DELAY_MS : AIMED_DELAY_MS[step]),
      durationMs:
        kind === 'freeze' ? options.claimMs + random.between(0, FREEZE_MORE_MS) : random.between(...OUTAGE_MS),
    };
  });
}
