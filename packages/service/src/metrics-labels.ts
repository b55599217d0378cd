/** Every value of every metric label. The sets are closed: paths or ids as labels would fill Prometheus' disk. */
import { ERRORS, type ErrorCode, type RetryClass } from '@supabase-media/core/errors';

/** A table instead of a list: a name that is missing here does not compile. */
const keysOf = <Name extends string>(table: Readonly<Record<Name, true>>): readonly Name[] =>
  Object.keys(table) as Name[];

/** `relay`: through the API, for browsers that cannot reach Storage. */
export type UploadRouteLabel = 'direct' | 'stream' | 'resumable' | 'relay';

export const UPLOAD_ROUTES = keysOf<UploadRouteLabel>({ direct: true, stream: true, resumable: true, relay: true });

export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** All classes but `never`. */
export const RETRY_CLASSES = keysOf<Exclude<RetryClass, 'never'>>({
  after: true,
  ambiguous: true,
  backoff: true,
  locked: true,
});

export type RetriedOperation = 'download' | 'upload';

export const RETRIED_OPERATIONS = keysOf<RetriedOperation>({ download: true, upload: true });

/** Durations are only comparable within a size class. Upper bounds in bytes. */
const SIZE_CLASSES = [
  ['lt_10mb', 10_000_000],
  ['10mb_to_100mb', 100_000_000],
  ['100mb_to_1gb', 1_000_000_000],
  ['ge_1gb', Number.POSITIVE_INFINITY],
] as const;

export type SizeClass = (typeof SIZE_CLASSES)[number][0];

export const SIZE_CLASS_NAMES: readonly SizeClass[] = SIZE_CLASSES.map(([name]) => name);

/** The class of a size in bytes. */
export const sizeClassOf = (bytes: number): SizeClass =>
  SIZE_CLASSES.find(([, below]) => bytes < below)?.[0] ?? 'ge_1gb';

/** How an upload session of a browser ends. */
export type SessionOutcome = 'abandoned' | 'canceled' | 'completed';

export const SESSION_OUTCOMES = keysOf<SessionOutcome>({ abandoned: true, canceled: true, completed: true });

/**
 * How one run of a job ends. `retried`: it failed and will be retried. `returned`: the worker stopped, or the job was
 * deferred until there is disk space or a server is back; no attempt was spent.
 */
export type JobOutcome =
  | 'canceled'
  | 'completed'
  | 'failed'
  | 'processed'
  | 'rejected'
  | 'remuxed'
  | 'retried'
  | 'returned';

export const JOB_OUTCOMES = keysOf<JobOutcome>({
  canceled: true,
  completed: true,
  failed: true,
  processed: true,
  rejected: true,
  remuxed: true,
  retried: true,
  returned: true,
});

/** A job type that has no outcome of its own here has `completed`. */
export const jobOutcomeOf = (outcome: string): JobOutcome =>
  JOB_OUTCOMES.find((known) => known === outcome) ?? 'completed';

/** `stopped`: ended from outside (cancel, shutdown, lost claim), which says nothing about the step. */
export type StepOutcome = 'done' | 'failed' | 'stopped';

export const STEP_OUTCOMES = keysOf<StepOutcome>({ done: true, failed: true, stopped: true });

/** States of jobs in the queue, as BullMQ names them. */
export type QueueJobState = 'active' | 'delayed' | 'failed' | 'prioritized' | 'waiting';

export const QUEUE_JOB_STATES = keysOf<QueueJobState>({
  active: true,
  delayed: true,
  failed: true,
  prioritized: true,
  waiting: true,
});
