/** Every value that a label of a metric can have. Closed sets: a path or an id as a label would fill Prometheus' disk. */
import { ERRORS, type ErrorCode, type RetryClass } from '@supabase-media/core/errors';

/** Tables rather than lists: a name that is added elsewhere and forgotten here does not compile. */
const keysOf = <Name extends string>(table: Readonly<Record<Name, true>>): readonly Name[] =>
  Object.keys(table) as Name[];

/** `relay`: through the API, for browsers that cannot reach Storage. */
export type UploadRouteLabel = 'direct' | 'stream' | 'resumable' | 'relay';

export const UPLOAD_ROUTES = keysOf<UploadRouteLabel>({ direct: true, stream: true, resumable: true, relay: true });

export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** Classes that are tried again; `never` is not. */
export const RETRY_CLASSES = keysOf<Exclude<RetryClass, 'never'>>({
  after: true,
  ambiguous: true,
  backoff: true,
  locked: true,
});

export type RetriedOperation = 'download' | 'upload';

export const RETRIED_OPERATIONS = keysOf<RetriedOperation>({ download: true, upload: true });

/** Uploads are compared with their like only: what is long for 5 MB is short for 2 GB. Upper bounds in bytes. */
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
 * How one start of a job ends. `retried`: it failed and will be tried again; `returned`: given back by a worker that
 * stops, or waiting for room or a server, without a try spent.
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
