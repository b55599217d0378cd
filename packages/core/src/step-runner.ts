/**
 * The numbered steps of a job: a log line when each starts and ends, and one percentage over all of them. The caller
 * passes the work of each step.
 */
import { formatSeconds } from './format.ts';
import { estimateJob, type StepKind } from './job-estimate.ts';
import type { Log } from './log.ts';

/** One step of a job. */
export interface StepDefinition {
  readonly name: string;
  /** As in "Step 5/6: Uploading assets". */
  readonly title: string;
  /** Its share of the job's time, in any unit. Read at every progress report, so a step may set it late. */
  readonly weight: number;
  /** `work` unless told. */
  readonly kind?: StepKind;
}

/** The progress of a job. */
export interface StepProgress {
  readonly step: string;
  /** From 1. */
  readonly stepNumber: number;
  readonly stepCount: number;
  /** Of the whole job, 0 to 100. Never falls. */
  readonly percent: number;
  readonly speed?: number | undefined;
  /** Until the whole job is done; absent where that is not known. */
  readonly etaSeconds?: number | undefined;
}

/**
 * Called by a running step: the part of its time that is over, from 0 to 1, its speed where it has one, and for how many
 * seconds it had been going when it became a step.
 */
export type ReportStep = (
  done: number,
  extra?: { readonly speed?: number | undefined; readonly leadSeconds?: number | undefined },
) => void;

/** The result of a step: its value, and a few words for the log. */
export interface StepOutcome<T> {
  readonly value: T;
  readonly summary: string;
}

/** Runs one step. */
export type RunStep<Name extends string> = <T>(
  name: Name,
  work: (report: ReportStep) => Promise<StepOutcome<T>>,
) => Promise<T>;

/** Records how a step ended; `stopped` means that the job was aborted. */
export interface StepTimer {
  readonly ended: (outcome: 'done' | 'failed' | 'stopped') => void;
}

/** Runs work in a named tracing span, as `inSpan` of `packages/service` does. */
export type InSpan = <T>(
  name: string,
  attributes: Readonly<Record<string, string>>,
  work: () => Promise<T>,
) => Promise<T>;

const withoutSpan: InSpan = (_name, _attributes, work) => work();

/** Between two reports of a step that says nothing, in milliseconds. */
const TICK_MS = 1000;

/**
 * Creates the step runner of one job with a fixed list of steps. Where two run side by side, the job is as far as the
 * later of them.
 */
export function createStepRunner<const Steps extends readonly StepDefinition[]>(options: {
  readonly steps: Steps;
  readonly log: Log;
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
  /** Called when a step starts. */
  readonly timeStep?: ((name: Steps[number]['name']) => StepTimer) | undefined;
  /** Wraps each step in a tracing span. Default: none. */
  readonly inSpan?: InSpan | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number;
}): RunStep<Steps[number]['name']> {
  const { steps, log, onProgress, inSpan = withoutSpan, now = () => performance.now() } = options;
  const durations = new Map<number, number>();
  const running = new Set<number>();
  let highest = 0;
  return async (name, work) => {
    const index = steps.findIndex((step) => step.name === name);
    const step = steps[index];
    if (step === undefined) throw new RangeError(`there is no step ${name}`);
    const label = `Step ${index + 1}/${steps.length}`;
    const started = now();
    let lead = 0;
    const elapsed = () => (now() - started) / 1000 + lead;
    let reported: { readonly done: number; readonly atSeconds: number } | undefined;
    let speed: { readonly speed?: number | undefined } | undefined;
    const tell = (): void => {
      if (Math.max(...running) > index) return;
      const weighed = steps.map(({ weight, kind = 'work' }) => ({ weight, kind }));
      const { percent, etaSeconds } = estimateJob(weighed, durations, { index, elapsedSeconds: elapsed(), reported });
      // Never backwards, even if a step turns out to take longer.
      highest = Math.max(highest, Math.floor(percent));
      onProgress?.({
        step: name,
        stepNumber: index + 1,
        stepCount: steps.length,
        percent: highest,
        ...speed,
        ...(etaSeconds !== undefined && { etaSeconds }),
      });
    };
    const report: ReportStep = (done, { leadSeconds, ...extra } = {}) => {
      lead = leadSeconds ?? lead;
      reported = { done: Math.min(1, Math.max(0, done)), atSeconds: elapsed() };
      speed = extra;
      tell();
    };
    log.info({ event: 'step.started', step: name }, `${label}: ${step.title}`);
    running.add(index);
    tell();
    // Time passes where a step has nothing to say, too.
    const ticker = setInterval(tell, TICK_MS);
    ticker.unref();
    const timer = options.timeStep?.(name);
    const { value, summary } = await inSpan(`step ${name}`, { 'media.step': name }, () => work(report))
      .catch((error: unknown) => {
        timer?.ended(options.signal?.aborted ? 'stopped' : 'failed');
        throw error;
      })
      .finally(() => {
        clearInterval(ticker);
        running.delete(index);
      });
    timer?.ended('done');
    const seconds = elapsed();
    durations.set(index, seconds);
    speed = undefined;
    log.info({ event: 'step.done', step: name, seconds }, `${label} done in ${formatSeconds(seconds)}: ${summary}`);
    report(1);
    return value;
  };
}
