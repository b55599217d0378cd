/**
 * What the queue knows of a kind of job. A job type is a value; the consumer is handed a catalog of them and picks by
 * the job's name. Members are methods, so that a type of one payload stands in a list of types of any.
 */
import type { MediaError } from '@supabase-media/core/errors';
import type { z } from 'zod';
import type { JobEnd } from './job-end.ts';
import type { JobRecording } from './job-recorder.ts';
import type { EnqueuePolicy, JobPolicy, JobPriority } from './policy.ts';

/** What a producer has to know of a job type in order to add its jobs. */
export interface JobContract<Payload extends object = object> {
  /** As it stands in the queue; stable, since jobs outlive releases. */
  readonly name: string;
  /** One id for one piece of work: a job whose id is in the queue is not added a second time. No `:` in it. */
  jobId(payload: Payload): string;
  readonly policy: EnqueuePolicy;
}

/** One kind of job: what it carries, how it is tried, what is done. */
export interface JobType<Payload extends object = object, Result = unknown> extends JobContract<Payload> {
  /** What producers write is not believed: a job whose payload does not fit is refused. */
  readonly payload: z.ZodType<Payload>;
  readonly policy: JobPolicy;
  readonly handlers: JobHandlers<Payload, Result>;
  /** How far a checkpoint is; left out, only the first checkpoint of a job counts as progress. */
  progressOf?(checkpoint: unknown): JobProgress;
  /** How a result counts in the metrics; `completed` unless told. */
  outcomeOf?(result: Result): string;
  /**
   * The number in the queue of a job whose producer gave it none, so that no owner's jobs keep those of others waiting;
   * undefined: it need not wait. Left out, jobs of this type go by their priority alone.
   */
  takeTurn?(payload: Payload, job: JobWithoutTurn): Promise<number | undefined>;
  /** Where the work is also recorded outside of the queue; left out, only the queue can cancel such a job. */
  readonly row?: JobRow<Payload>;
  /**
   * The payloads of this type's jobs that follow from the end of a job of any type. Asked at least once for each end,
   * and possibly again after a crash: {@link JobContract.jobId} has to give the same id for the same end.
   */
  follow?(end: JobEnd): readonly Payload[];
}

export interface JobWithoutTurn {
  readonly jobId: string;
  readonly priority: JobPriority;
  readonly signal: AbortSignal;
}

/** How far a job came. */
export interface JobProgress {
  /** Names the content it works on: with another one everything begins anew. */
  readonly source: string;
  /** Grows with each step; 0 or more. */
  readonly stage: number;
}

/** A row that a job works for: the job stops when the row's status is `canceled`, or when a row that was there is gone. */
export interface JobRow<Payload extends object> {
  idOf(payload: Payload): string;
  /** The status of each of these rows that exists; asked once a second while jobs run. */
  findStatuses(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

/** What a worker does with the jobs of a type. */
export interface JobHandlers<Payload extends object, Result> {
  process(payload: Payload, context: JobContext): Promise<Result>;
  /**
   * The job has failed for good, in its handler or by outliving its workers, or was canceled. The queue lets go of it
   * only when this has succeeded: until then nobody can run it again. May be called more than once.
   *
   * @returns false when the work had come to another end before: then nothing follows from this one.
   */
  fail(payload: Payload, error: MediaError, job: EndedJob): Promise<boolean>;
  /** The job will be tried again: it failed, was deferred, or was given back by a worker that stops. */
  wait(payload: Payload, error: MediaError): Promise<void>;
}

/** What became of a child: nobody has added it, it waits or runs, it has a result, or it failed for good. */
export type ChildState =
  | { readonly state: 'missing' | 'live' }
  | { readonly state: 'done'; readonly result: unknown }
  | { readonly state: 'failed'; readonly why: string };

export interface JobChildren {
  /** Workers without a job; 0 where jobs wait for them, and where the queue cannot tell. */
  readonly countIdleWorkers: () => Promise<number>;
  /**
   * Adds jobs of a type; none whose id is in the queue. Each comes later than the one before it, as if its owner had asked
   * for that many jobs, so that those of others are not kept waiting by all of them.
   */
  readonly add: <Payload extends object>(contract: JobContract<Payload>, payloads: readonly Payload[]) => Promise<void>;
  /** In the order of their ids. */
  readonly read: (jobIds: readonly string[]) => Promise<readonly ChildState[]>;
  /** Cancels all that wait or run, and resolves when none does any more, or after 30 s. */
  readonly end: () => Promise<void>;
}

/** One job as its handler sees it. */
export interface JobContext {
  readonly jobId: string;
  /** From 1. */
  readonly attempt: number;
  readonly attempts: number;
  /**
   * Aborted with its reason, a {@link MediaError}: `canceled`, `aborted` (the worker stops), `lock_lost` (another worker
   * may have the job), `job_expired`.
   */
  readonly signal: AbortSignal;
  /** What the last run of this job saved, on whichever worker. */
  readonly checkpoint: unknown;
  /** Keeps what is done, for the next run. Never throws: without it that run only does more. */
  readonly saveCheckpoint: (checkpoint: object) => Promise<void>;
  /**
   * Makes sure that the job still is this worker's: a process that was suspended learns late that it lost the job.
   *
   * @throws {MediaError} `lock_lost`; `queue_failed` when the queue cannot be asked for a while.
   */
  readonly confirmLock: () => Promise<void>;
  readonly reportProgress: (progress: object) => Promise<void>;
  /** Jobs that this one may wait for; absent where it is run without a queue. */
  readonly children?: JobChildren | undefined;
  /** Whether another job waits or runs. */
  readonly isLive?: ((jobId: string) => Promise<boolean>) | undefined;
  /** Times this run; its end is recorded by whoever called the handler. */
  readonly recording: JobRecording;
}

/** A job as it stands when a run of it has ended. */
export interface EndedJob {
  readonly jobId: string;
  readonly checkpoint: unknown;
  /** The jobs that it waited for, or may have. */
  readonly children?: JobChildren | undefined;
  /** Cancels another job wherever it waits or runs. */
  readonly cancel?: ((jobId: string) => Promise<unknown>) | undefined;
}
