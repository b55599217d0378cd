/** How jobs are tried, ordered and kept: what is common to all types. Each type's own numbers stand in its folder. */
import type { ErrorCode } from '@supabase-media/core/errors';
import type { JobsOptions } from 'bullmq';

/** The rules that travel with a job from its producer, so that every worker keeps to the same. */
export interface EnqueuePolicy {
  readonly retries: RetryPolicy;
  /** `normal` unless told. */
  readonly priority?: JobPriority;
  /** How long (in seconds) and how many of the finished jobs are kept. */
  readonly keepCompleted: { readonly age: number; readonly count: number };
  readonly keepFailed: { readonly age: number; readonly count: number };
}

/**
 * Either so many tries in all, the wait before the second one in milliseconds, doubled for each further one; or one
 * further try after each of these waits, in milliseconds. A worker that stops gives its job back without spending one.
 */
export type RetryPolicy =
  | { readonly attempts: number; readonly backoffMs: number }
  | { readonly scheduleMs: readonly number[] };

/** All rules of a job type. */
export interface JobPolicy extends EnqueuePolicy {
  /**
   * Starts in a row that came no further than the furthest before them, however they ended, before the job counts as
   * one that kills its workers. A job that is given back, by a stopping worker or deferred, is not counted.
   */
  readonly maxStartsWithoutProgress: number;
  /** Infrastructure failures that only this type meets, beside {@link DEFERRAL_LIMITS}. */
  readonly deferralLimits?: DeferralLimits;
}

/**
 * Which jobs go first, as producers write it who know nothing of turns. BullMQ takes the lowest number first, and jobs
 * without one before all others.
 */
export const PRIORITIES = { high: 1, normal: 5, low: 10 } as const;

export type JobPriority = keyof typeof PRIORITIES;

/**
 * The first turn of each priority, as `take_queue_turn` in supabase/migrations gives them: bands of 600000 within what
 * BullMQ allows, which is 2097151. Numbers below are of jobs that still have to be given a turn.
 */
export const FIRST_TURNS: Readonly<Record<JobPriority, number>> = { high: 100_000, normal: 700_000, low: 1_300_000 };

const TURNS_OF_A_PRIORITY = 600_000;

/** Whether a job's number in the queue is a turn. */
export const hasTurn = (number: number): boolean => number >= FIRST_TURNS.high;

/** The priority that a job's number in the queue stands for; any may be there. */
export function priorityOf(number: number): JobPriority {
  const [normal, low] = hasTurn(number)
    ? [FIRST_TURNS.normal, FIRST_TURNS.low]
    : [PRIORITIES.high + 1, PRIORITIES.normal + 1];
  if (number >= low) return 'low';
  return number >= normal || number < PRIORITIES.high ? 'normal' : 'high';
}

/**
 * The number in the queue of what comes so many places after another job of the same owner, within its priority. One that
 * still has to be given a turn is followed at once.
 */
export const laterTurn = (number: number, places: number): number =>
  hasTurn(number) ? Math.min(number + places, FIRST_TURNS[priorityOf(number)] + TURNS_OF_A_PRIORITY - 1) : number;

/**
 * Infrastructure failures, and how often in a row, without progress, a job is deferred for them before they spend its
 * attempts.
 */
export type DeferralLimits = Readonly<Partial<Record<ErrorCode, number>>>;

/** Deferred so often in a row, a job has waited for some 16 h: a night, and somebody has been woken. */
export const LONG_OUTAGE = 100;
/** And so often, for more than an hour: it may be the job after all, and each try costs as much as the first. */
export const SHORT_OUTAGE = 10;

/** What a job of any type can meet. */
export const DEFERRAL_LIMITS: DeferralLimits = { database_failed: LONG_OUTAGE, queue_failed: LONG_OUTAGE };

const DEFERRAL_BASE_MS = 30_000;
const DEFERRAL_MAX_MS = 600_000;

/**
 * How long a job is deferred.
 *
 * @param times that it was deferred before, in a row, without progress; from 0.
 * @returns milliseconds: 30 s, doubled each time, at most 10 min.
 */
export const deferralDelay = (times: number): number => Math.min(DEFERRAL_MAX_MS, DEFERRAL_BASE_MS * 2 ** times);

/** Up to this share is added to a scheduled wait: what failed together is not tried again together. */
const SCHEDULE_JITTER = 0.25;

/** A scheduled job waits at most this long because a server asks for it (Retry-After), in milliseconds: a day. */
export const SCHEDULED_RETRY_AFTER_MAX_MS = 86_400_000;

/**
 * The wait before the next try of a type with a schedule, in milliseconds.
 *
 * @param attempts that failed, from 1.
 * @param retryAfterMs what the server asked for: never less, up to a day.
 * @param random from 0 to 1.
 */
export function scheduledDelay(
  scheduleMs: readonly number[],
  attempts: number,
  { retryAfterMs = 0, random }: { readonly retryAfterMs?: number | undefined; readonly random: number },
): number {
  const planned = scheduleMs[Math.min(attempts, scheduleMs.length) - 1] ?? 0;
  return Math.round(
    Math.max(planned * (1 + random * SCHEDULE_JITTER), Math.min(retryAfterMs, SCHEDULED_RETRY_AFTER_MAX_MS)),
  );
}

/**
 * BullMQ counts how often a job outlived its worker and how often it was started, and fails it for good beyond these.
 * Both know nothing of progress (its own default of 1 makes the second rollout during one long job a failure), so they
 * only bound what our own count cannot see. Starts are bounded nowhere near what a wait takes: a job that finds no disk
 * space is started twice a minute for as long as that lasts, and must not fail of it.
 */
export const BULLMQ_BOUNDS = { maxStalledCount: 200, maxStartedAttempts: 100_000_000 } as const;

/** A lock is renewed this many times within its life: the queue may be away for almost all of it. */
export const RENEWALS_PER_LOCK = 6;

/** Jobs of dead workers are looked for this many times within the life of a lock. */
export const STALLED_LOOKS_PER_LOCK = 3;

/** Names the wait that a worker looks up in the type's schedule. */
const SCHEDULE = 'schedule';

/**
 * BullMQ's options for a new job of a type.
 *
 * @param turn the number that the database gave it; without one it is given by the worker that takes it first.
 */
export const jobOptions = (
  policy: EnqueuePolicy,
  priority: JobPriority = policy.priority ?? 'normal',
  turn: number = PRIORITIES[priority],
): JobsOptions & { readonly priority: number } => ({
  ...retryOptions(policy.retries),
  priority: turn,
  removeOnComplete: policy.keepCompleted,
  removeOnFail: policy.keepFailed,
  stackTraceLimit: 5,
});

const retryOptions = (retries: RetryPolicy): JobsOptions =>
  'scheduleMs' in retries
    ? { attempts: retries.scheduleMs.length + 1, backoff: { type: SCHEDULE } }
    : { attempts: retries.attempts, backoff: { type: 'exponential', delay: retries.backoffMs, jitter: 0.25 } };
