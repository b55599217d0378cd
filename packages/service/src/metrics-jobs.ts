/** Metrics of jobs and their steps. */
import { Counter, Histogram, type Registry } from 'prom-client';
import { JOB_OUTCOMES, jobOutcomeOf, STEP_OUTCOMES, type StepOutcome } from './metrics-labels.ts';
import { once, secondsSince } from './record-once.ts';

/** One run of a job. */
export interface JobRecording {
  readonly stepStarted: (step: string) => StepRecording;
  /** @param outcome one of the JOB_OUTCOMES; any other counts as `completed`. */
  readonly ended: (outcome: string) => void;
}

export interface StepRecording {
  readonly ended: (outcome: StepOutcome) => void;
}

/** Recorded by the consumer and by job handlers. */
export interface JobMetrics {
  /** @param type one of the names that the metrics were made with. */
  readonly jobStarted: (type: string) => JobRecording;
  /** @param speed times real time: 2 is a minute of video in half a minute. */
  readonly encoded: (speed: number) => void;
  readonly jobStalled: () => void;
  readonly lockLost: () => void;
}

/** In seconds, up to the encode of a feature film. */
const JOB_SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];
const STEP_SECONDS = [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const ENCODE_SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8, 16, 32];

/** The names of all job types and of all steps of jobs: closed sets. */
export interface JobLabels {
  readonly jobTypes: readonly string[];
  readonly steps: readonly string[];
}

/** Registers them, every series at zero. */
export function createJobMetrics(registry: Registry, { jobTypes, steps }: JobLabels): JobMetrics {
  const common = { registers: [registry] };
  const started = new Counter({
    ...common,
    name: 'media_jobs_started_total',
    help: 'Runs of jobs taken from the queue.',
  });
  const seconds = new Histogram({
    ...common,
    name: 'media_job_duration_seconds',
    help: 'Duration of one run of a job, by outcome.',
    labelNames: ['outcome'],
    buckets: JOB_SECONDS,
  });
  const ended = new Counter({
    ...common,
    name: 'media_jobs_ended_total',
    help: 'Starts of jobs that ended, by the type of the job and how.',
    labelNames: ['type', 'outcome'],
  });
  const stepsStarted = new Counter({
    ...common,
    name: 'media_job_steps_started_total',
    help: 'Job steps started.',
    labelNames: ['step'],
  });
  const stepSeconds = new Histogram({
    ...common,
    name: 'media_job_step_duration_seconds',
    help: 'Duration of a job step, by outcome.',
    labelNames: ['step', 'outcome'],
    buckets: STEP_SECONDS,
  });
  const speed = new Histogram({
    ...common,
    name: 'media_encode_speed_ratio',
    help: 'Seconds of video for each second of encoding.',
    buckets: ENCODE_SPEEDS,
  });
  const stalled = new Counter({
    ...common,
    name: 'media_jobs_stalled_total',
    help: 'Jobs that outlived their worker and were resumed.',
  });
  const locksLost = new Counter({
    ...common,
    name: 'media_job_locks_lost_total',
    help: 'Running jobs that this worker lost the lock on.',
  });
  for (const outcome of JOB_OUTCOMES) {
    seconds.zero({ outcome });
    for (const type of jobTypes) ended.inc({ type, outcome }, 0);
  }
  for (const step of steps) {
    stepsStarted.inc({ step }, 0);
    for (const outcome of STEP_OUTCOMES) stepSeconds.zero({ step, outcome });
  }

  const stepStarted = (step: string): StepRecording => {
    const from = performance.now();
    stepsStarted.inc({ step });
    return { ended: once((outcome: StepOutcome) => stepSeconds.observe({ step, outcome }, secondsSince(from))) };
  };
  return {
    jobStarted: (type: string): JobRecording => {
      const from = performance.now();
      started.inc();
      return {
        stepStarted,
        ended: once((told: string) => {
          const outcome = jobOutcomeOf(told);
          seconds.observe({ outcome }, secondsSince(from));
          ended.inc({ type, outcome });
        }),
      };
    },
    encoded: (ratio: number) => {
      // Encoders report NaN or nothing at first.
      if (Number.isFinite(ratio) && ratio > 0) speed.observe(ratio);
    },
    jobStalled: () => stalled.inc(),
    lockLost: () => locksLost.inc(),
  };
}
