/** How each job type is tried, ordered and kept. One table, so that nobody has to look for the numbers. */

import type { ErrorCode } from '@supabase-media/core/errors';
import type { JobsOptions } from 'bullmq';
import { VIDEO_PROCESS } from './contract.ts';

export interface JobPolicy {
  /** Tries in all; a worker that is stopped gives its job back without spending one. */
  readonly attempts: number;
  /** The wait before the second try, in milliseconds; doubled for each further one. */
  readonly backoffMs: number;
  /**
   * Starts in a row that came no further than the furthest before them, however they ended, before the job counts as
   * the killer of its workers.
   * A job that is given back, by a stopping worker or since the place was to blame, is not counted.
   */
  readonly maxStartsWithoutProgress: number;
  readonly keepCompleted: { readonly age: number; readonly count: number };
  readonly keepFailed: { readonly age: number; readonly count: number };
}

const DAY_SECONDS = 86_400;

export const JOB_POLICY: Readonly<Record<typeof VIDEO_PROCESS, JobPolicy>> = {
  [VIDEO_PROCESS]: {
    attempts: 3,
    backoffMs: 10_000,
    maxStartsWithoutProgress: 10,
    keepCompleted: { age: 7 * DAY_SECONDS, count: 1000 },
    keepFailed: { age: 30 * DAY_SECONDS, count: 5000 },
  },
};

/** Which jobs go first. BullMQ takes the lowest number first, and jobs without one before all others. */
export const PRIORITIES = { high: 1, normal: 5, low: 10 } as const;

export type JobPriority = keyof typeof PRIORITIES;

/** Put off so often in a row, a job has waited for some 16 h: a night, and somebody has been woken. */
const LONG_OUTAGE = 100;
/** And so often, for more than an hour: it may be the job after all, and each time its bytes are sent again. */
const SHORT_OUTAGE = 10;

/**
 * Failures of the place rather than of the job, and how often in a row, without progress, a job is put off for them
 * before they spend its attempts.
 */
export const DEFERRAL_LIMITS: Readonly<Partial<Record<ErrorCode, number>>> = {
  disk_waiting: Number.POSITIVE_INFINITY,
  disk_full: SHORT_OUTAGE,
  // Another worker may have a larger disk.
  disk_too_small: SHORT_OUTAGE,
  database_failed: LONG_OUTAGE,
  queue_failed: LONG_OUTAGE,
  storage_unreachable: LONG_OUTAGE,
  // What Storage being away looks like from behind a gateway, or on a way that breaks.
  gateway_failed: LONG_OUTAGE,
  storage_busy: LONG_OUTAGE,
  upload_connect_timeout: LONG_OUTAGE,
  storage_failed: SHORT_OUTAGE,
  download_failed: SHORT_OUTAGE,
  upload_interrupted: SHORT_OUTAGE,
  upload_stalled: SHORT_OUTAGE,
  upload_answer_timeout: SHORT_OUTAGE,
};

const DEFERRAL_BASE_MS = 30_000;
const DEFERRAL_MAX_MS = 600_000;

/**
 * How long a job is put off.
 *
 * @param times that it was put off before, in a row, without progress; from 0.
 * @returns milliseconds: 30 s, doubled each time, at most 10 min.
 */
export const deferralDelay = (times: number): number => Math.min(DEFERRAL_MAX_MS, DEFERRAL_BASE_MS * 2 ** times);

/**
 * BullMQ counts how often a job outlived its worker and how often it was started, and fails it for good beyond these.
 * Both know nothing of progress (its own default of 1 makes the second rollout during one encode a failure), so they
 * only bound what our own count cannot see. Starts are bounded nowhere near what a wait takes: a job that finds no room
 * is started twice a minute for as long as that lasts, and must not fail of it.
 */
export const BULLMQ_BOUNDS = { maxStalledCount: 200, maxStartedAttempts: 100_000_000 } as const;

/** A claim is renewed this many times within its life: the queue may be away for almost all of it. */
export const RENEWALS_PER_LOCK = 6;

/** Jobs of dead workers are looked for this many times within the life of a claim. */
export const STALLED_LOOKS_PER_LOCK = 3;

/** BullMQ's options for a new job of a type. */
export const jobOptions = (policy: JobPolicy, priority: JobPriority = 'normal'): JobsOptions => ({
  attempts: policy.attempts,
  backoff: { type: 'exponential', delay: policy.backoffMs, jitter: 0.25 },
  priority: PRIORITIES[priority],
  removeOnComplete: policy.keepCompleted,
  removeOnFail: policy.keepFailed,
  stackTraceLimit: 5,
});
