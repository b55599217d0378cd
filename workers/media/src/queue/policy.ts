/** How each job type is tried, ordered and kept. One table, so that nobody has to look for the numbers. */
import type { JobsOptions } from 'bullmq';
import { VIDEO_PROCESS } from './contract.ts';

export interface JobPolicy {
  /** Tries in all; a worker that is stopped gives its job back without spending one. */
  readonly attempts: number;
  /** The wait before the second try, in milliseconds; doubled for each further one. */
  readonly backoffMs: number;
  /** How often a job may outlive its worker before it counts as the killer of workers. */
  readonly maxStalledCount: number;
  /** Starts in all, however they ended: bounds what neither attempts nor stalls count. */
  readonly maxStartedAttempts: number;
  readonly keepCompleted: { readonly age: number; readonly count: number };
  readonly keepFailed: { readonly age: number; readonly count: number };
}

const DAY_SECONDS = 86_400;

export const JOB_POLICY: Readonly<Record<typeof VIDEO_PROCESS, JobPolicy>> = {
  [VIDEO_PROCESS]: {
    attempts: 3,
    backoffMs: 10_000,
    // BullMQ's default of 1 makes the second rollout during one encode a permanent failure.
    maxStalledCount: 3,
    maxStartedAttempts: 25,
    keepCompleted: { age: 7 * DAY_SECONDS, count: 1000 },
    keepFailed: { age: 30 * DAY_SECONDS, count: 5000 },
  },
};

/** How long a worker's claim on a job lasts without renewal, in milliseconds: an event loop may be busy for a while. */
export const LOCK_DURATION_MS = 60_000;

/** How often jobs of dead workers are looked for, in milliseconds. */
export const STALLED_INTERVAL_MS = 30_000;

/** BullMQ's options for a new job of a type. */
export const jobOptions = (policy: JobPolicy): JobsOptions => ({
  attempts: policy.attempts,
  backoff: { type: 'exponential', delay: policy.backoffMs, jitter: 0.25 },
  removeOnComplete: policy.keepCompleted,
  removeOnFail: policy.keepFailed,
  stackTraceLimit: 5,
});
