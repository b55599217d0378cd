/**
 * The numbered steps of a job: a log line when one begins and when it ends, and one percentage over all of them. Pure
 * bookkeeping; what a step does is handed in.
 */
import { formatSeconds } from './format.ts';
import type { Log } from './log.ts';

/** One step of a job. */
export interface StepDefinition {
  readonly name: string;
  /** As in "Step 5/6: Uploading assets". */
  readonly title: string;
  /** Its share of the job's time, in any unit. Read again whenever progress is told: a step may learn its share late. */
  readonly weight: number;
}

/** Where a job stands. */
export interface StepProgress {
  readonly step: string;
  /** From 1. */
  readonly stepNumber: number;
  readonly stepCount: number;
  /** Of the whole job, 0 to 100. */
  readonly percent: number;
  readonly speed?: number | undefined;
  readonly etaSeconds?: number | undefined;
}

/** Told by a running step: how much of it is done, from 0 to 1, and what else it knows. */
export type ReportStep = (
  done: number,
  extra?: { readonly speed?: number | undefined; readonly etaSeconds?: number | undefined },
) => void;

/** What a step hands back: its value, and a few words for the log. */
export interface StepOutcome<T> {
  readonly value: T;
  readonly summary: string;
}

/** Runs one step. */
export type RunStep<Name extends string> = <T>(
  name: Name,
  work: (report: ReportStep) => Promise<StepOutcome<T>>,
) => Promise<T>;

/** Told how a step ended: `stopped` when the job was told to stop. */
export interface StepTimer {
  readonly ended: (outcome: 'done' | 'failed' | 'stopped') => void;
}

/** Does work in a named span of a trace, as `inSpan` of `packages/service` does. */
export type InSpan = <T>(
  name: string,
  attributes: Readonly<Record<string, string>>,
  work: () => Promise<T>,
) => Promise<T>;

const withoutSpan: InSpan = (_name, _attributes, work) => work();

/** Starts the bookkeeping for one job over a fixed list of steps. */
export function createStepRunner<const Steps extends readonly StepDefinition[]>(options: {
  readonly steps: Steps;
  readonly log: Log;
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
  /** Called when a step begins. */
  readonly timeStep?: ((name: Steps[number]['name']) => StepTimer) | undefined;
  /** Wraps each step, for traces; unless told, nothing does. */
  readonly inSpan?: InSpan | undefined;
  readonly signal?: AbortSignal | undefined;
}): RunStep<Steps[number]['name']> {
  const { steps, log, onProgress, inSpan = withoutSpan } = options;
  const weigh = (some: readonly StepDefinition[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  let highest = 0;
  return async (name, work) => {
    const index = steps.findIndex((step) => step.name === name);
    const step = steps[index];
    if (step === undefined) throw new RangeError(`there is no step ${name}`);
    const label = `Step ${index + 1}/${steps.length}`;
    const report: ReportStep = (done, extra) => {
      const reached = weigh(steps.slice(0, index)) + step.weight * Math.min(1, Math.max(0, done));
      // Never backwards, also when a step turns out to be longer than it was taken to be.
      highest = Math.max(highest, Math.floor((reached / weigh(steps)) * 100));
      onProgress?.({ step: name, stepNumber: index + 1, stepCount: steps.length, percent: highest, ...extra });
    };
    log.info({ event: 'step.started', step: name }, `${label}: ${step.title}`);
    report(0);
    const started = performance.now();
    const timer = options.timeStep?.(name);
    const { value, summary } = await inSpan(`step ${name}`, { 'media.step': name }, () => work(report)).catch(
      (error: unknown) => {
        timer?.ended(options.signal?.aborted ? 'stopped' : 'failed');
        throw error;
      },
    );
    timer?.ended('done');
    const seconds = (performance.now() - started) / 1000;
    log.info({ event: 'step.done', step: name, seconds }, `${label} done in ${formatSeconds(seconds)}: ${summary}`);
    report(1);
    return value;
  };
}
