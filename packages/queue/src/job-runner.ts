/**
 * One run of a job: its metadata kept, one signal for all that may end it, and its outcome translated into what BullMQ
 * understands.
 */

import { isRetryable, MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { raceAbort } from '@supabase-media/core/race-abort';
import { retry } from '@supabase-media/core/retry';
import { DelayedError, type Job, UnrecoverableError, WaitingChildrenError, WaitingError } from 'bullmq';
import type { JobCatalog, KnownJob } from './catalog.ts';
import { decideOutcome } from './decide-outcome.ts';
import { endOf } from './end-of.ts';
import type { FollowUp } from './follow-up.ts';
import type { JobRecorder } from './job-recorder.ts';
import type { EndedJob, JobChildren } from './job-type.ts';
import { deferralDelay } from './policy.ts';
import { redactError } from './redact-error.ts';
import type { RunningJob } from './running-job.ts';
import { takeTurn } from './take-turn.ts';
import { WaitsForChildren } from './waits-for-children.ts';
import { lockLost } from './watch-own-locks.ts';
import {
  keepCheckpoint,
  type MetadataSeal,
  newMetadata,
  readGenuineMetadata,
  type WorkerMetadata,
  withWorkerMetadata,
} from './worker-metadata.ts';

export interface JobRunnerOptions {
  readonly catalog: JobCatalog;
  readonly followUp: FollowUp;
  /** The jobs that run in this process; whoever ends one aborts it here. */
  readonly running: Map<string, RunningJob>;
  readonly lifetimeMs: number;
  /** Whether the worker was told to stop: a job that was being fetched in that moment is given back unopened. */
  readonly isStopping: () => boolean;
  /** The jobs that a job waits for. */
  readonly childrenOf: (job: Job) => JobChildren;
  /** Whether a job waits or runs. */
  readonly isLive: (jobId: string) => Promise<boolean>;
  /** Cancels a job wherever it waits or runs. */
  readonly cancel: (jobId: string) => Promise<unknown>;
  /** Whether other jobs wait. */
  readonly isAnyWaiting: () => Promise<boolean>;
  /** Aborted when the worker is told to stop. */
  readonly stopSignal: AbortSignal;
  /** How long a lock lasts, in milliseconds. */
  readonly lockMs: number;
  readonly seal: MetadataSeal;
  readonly metrics: Pick<JobRecorder, 'jobStarted'>;
  readonly log: Log;
  /** Takes secrets out of what is kept of a failure. */
  readonly redact: (text: string) => string;
  /** The runner puts in what it throws when the handler was told already what became of the job. */
  readonly recorded: WeakSet<Error>;
}

const expired = (ms: number) =>
  new MediaError({ code: 'job_expired', message: `The job ran for more than ${ms / 3_600_000} h.` });

/** The reason of a job whose worker stops. */
export const stopped = (): MediaError => new MediaError({ code: 'aborted', message: 'The worker was told to stop.' });

/** A queue that is away for a few seconds is waited for: 0.5 s, 1 s, 2 s, 4 s. */
const QUEUE_RETRIES = 4;
/** When a job is given back, the queue is waited for about a minute: until then the lock is ours. */
const GIVE_BACK_RETRIES = 7;

/** The queue answered, and refused: the job is not ours any more. BullMQ numbers these answers. */
const isRefusal = (error: unknown): boolean => typeof (error as { code?: unknown } | null)?.code === 'number';

const patiently = <T>(
  ask: () => Promise<T>,
  { retries = QUEUE_RETRIES, signal }: { readonly retries?: number; readonly signal?: AbortSignal } = {},
): Promise<T> =>
  retry(
    () =>
      (signal === undefined ? ask() : raceAbort(ask(), signal)).catch((cause: unknown) => {
        signal?.throwIfAborted();
        if (isRefusal(cause)) throw lockLost();
        const words = cause instanceof Error ? cause.message : String(cause);
        throw new MediaError({ code: 'queue_failed', message: `The queue did not answer: ${words}.`, cause });
      }),
    { retries, baseMs: 500, signal, isFinal: ({ code }) => code === 'lock_lost' },
  );

/** A job that comes back while its last run here is still ending is deferred for this long, in milliseconds. */
const UNWIND_MS = 5000;

/** The error of a job that was started too often. */
export const abandoned = (why: string): MediaError =>
  new MediaError({
    code: 'job_abandoned',
    message: `The job was started again and again without coming to an end (${why}).`,
  });

/** Makes what BullMQ calls for each job. */
export function createJobRunner(options: JobRunnerOptions): (job: Job, token: string | undefined) => Promise<unknown> {
  const {
    catalog,
    followUp,
    running,
    lifetimeMs,
    lockMs,
    isStopping,
    childrenOf,
    isLive,
    cancel,
    isAnyWaiting,
    stopSignal,
    seal,
    metrics,
    log,
    redact,
    recorded,
  } = options;
  const readMetadata = (job: Job, { payload }: KnownJob) => readGenuineMetadata(job, payload, seal);
  const dataOf = (job: Job, { payload }: KnownJob, metadata: WorkerMetadata) =>
    withWorkerMetadata(String(job.id), payload, metadata, seal);

  /**
   * Back to the queue without spending an attempt: at once, or after a while. Where the queue cannot be told, the lock
   * expires, and the job resumes automatically.
   */
  const giveBack = async (
    job: Job,
    known: KnownJob,
    options: { token: string | undefined; error: MediaError; isDeferred?: boolean; delayMs?: number },
  ): Promise<never> => {
    const { token, error, isDeferred = false, delayMs } = options;
    // The row first: people look at it, and once the job has moved another worker may write it.
    await recordWaiting(job, known, error);
    const { isForged: _, ...before } = readMetadata(job, known);
    const deferrals = before.deferrals + (isDeferred ? 1 : 0);
    return moveBack(job, known, { token, metadata: { ...before, deferrals }, delayMs });
  };

  /** This start is not counted as one without progress. */
  const moveBack = async (
    job: Job,
    known: KnownJob,
    options: { token: string | undefined; metadata: WorkerMetadata; delayMs?: number | undefined },
  ): Promise<never> => {
    const { token, delayMs } = options;
    const tell = (ask: () => Promise<unknown>) =>
      patiently(ask, { retries: GIVE_BACK_RETRIES }).catch((err: unknown) =>
        log.warn(
          { err, jobId: job.id },
          'A job could not be given back to the queue; it resumes when its lock expires',
        ),
      );
    const metadata = { ...options.metadata, startsAtProgress: job.attemptsStarted };
    await tell(() => job.updateData(dataOf(job, known, metadata)));
    if (delayMs === undefined) {
      await tell(() => job.moveToWait(token));
      throw new WaitingError();
    }
    await tell(() => job.moveToDelayed(Date.now() + delayMs, token));
    throw new DelayedError();
  };

  /** Waits for other jobs without a worker; a worker takes it again when they have ended. */
  const awaitChildren = async (job: Job, known: KnownJob, token: string | undefined): Promise<never> => {
    const { isForged: _, ...before } = readMetadata(job, known);
    const data = dataOf(job, known, { ...before, startsAtProgress: job.attemptsStarted });
    await patiently(() => job.updateData(data), { retries: GIVE_BACK_RETRIES });
    const waits = await patiently(() => job.moveToWaitingChildren(token ?? ''), { retries: GIVE_BACK_RETRIES });
    if (waits) throw new WaitingChildrenError();
    await patiently(() => job.moveToWait(token), { retries: GIVE_BACK_RETRIES });
    throw new WaitingError();
  };

  const recordWaiting = (job: Job, { type, payload }: KnownJob, error: MediaError): Promise<void> =>
    type.handlers
      .wait(payload, error)
      .catch((err: unknown) => log.error({ err, jobId: job.id }, 'That the job waits could not be recorded'));

  const endedJob = (job: Job, checkpoint: unknown): EndedJob => ({
    jobId: String(job.id),
    checkpoint,
    children: childrenOf(job),
    cancel,
  });

  /** Whether the end of the job is recorded, and what follows from it is in the queue. */
  const recordEnd = async (job: Job, known: KnownJob, error: MediaError): Promise<boolean> => {
    const { type, payload } = known;
    try {
      const { checkpoint } = readMetadata(job, known);
      if (await type.handlers.fail(payload, error, endedJob(job, checkpoint)))
        await patiently(() => followUp(endOf(job, payload, { error })));
      return true;
    } catch (err) {
      log.error({ err, jobId: job.id }, 'The end of a job could not be recorded; the job is deferred and ends later');
      return false;
    }
  };

  return async (job, token) => {
    const known = catalog.read(job);
    const { type, payload } = known;
    const jobId = String(job.id);
    if (isStopping()) return giveBack(job, known, { token, error: stopped() });
    const earlier = running.get(jobId);
    if (earlier !== undefined) {
      // Two runs of one job in one process: BullMQ would renew the lock of neither.
      earlier.controller.abort(lockLost());
      return giveBack(job, known, { token, error: lockLost(), delayMs: UNWIND_MS });
    }
    const { isForged, ...metadata } = readMetadata(job, known);
    if (isForged)
      log.warn(
        { event: 'job.notes_refused', jobId },
        'What an earlier run of this job noted was not written by a worker with our key; the job begins anew',
      );
    const starts = job.attemptsStarted - metadata.startsAtProgress;
    if (starts > type.policy.maxStartsWithoutProgress)
      throw permanent(abandoned(`${starts - 1} times in a row without finishing a step`));
    if (await takeTurn(job, known, { isAnyWaiting, signal: stopSignal, log }))
      return moveBack(job, known, {
        token,
        metadata: { ...metadata, request: metadata.request ?? newMetadata().request },
      });
    const recording = metrics.jobStarted(type.name);
    const controller = new AbortController();
    const { signal } = controller;
    let lockedAt = performance.now();
    const lockRenewed = () => {
      lockedAt = performance.now();
    };
    running.set(jobId, {
      ...known,
      jobId,
      createdAtMs: job.timestamp,
      controller,
      rowSeen: false,
      lockRenewed,
      sinceLockMs: () => performance.now() - lockedAt,
    });
    const lifetime = setTimeout(() => controller.abort(expired(lifetimeMs)), lifetimeMs);
    try {
      if (metadata.request === undefined || isForged) {
        const named = dataOf(job, known, { ...metadata, request: metadata.request ?? newMetadata().request });
        await patiently(() => job.updateData(named), { signal });
      }
      const result = await type.handlers.process(payload, {
        jobId,
        attempt: job.attemptsMade + 1,
        attempts: job.opts.attempts ?? 1,
        signal,
        checkpoint: metadata.checkpoint,
        saveCheckpoint: async (checkpoint) => {
          const { isForged: _, ...before } = readMetadata(job, known);
          const data = dataOf(job, known, keepCheckpoint(before, checkpoint, { starts: job.attemptsStarted, type }));
          await patiently(() => job.updateData(data), { signal }).catch((err: unknown) =>
            log.warn({ err, jobId }, 'The checkpoint could not be saved'),
          );
        },
        confirmLock: async () => {
          const isOurs = await patiently(() => job.extendLock(token ?? '', lockMs), { signal });
          if (Number(isOurs) !== 1) controller.abort(lockLost());
          signal.throwIfAborted();
          lockRenewed();
        },
        reportProgress: (progress) => job.updateProgress(progress),
        children: childrenOf(job),
        isLive,
        recording,
      });
      // Before the queue lets go of the job: a worker that dies here runs it again and finds what it recorded.
      await patiently(() => followUp(endOf(job, payload, { result })));
      recording.ended(type.outcomeOf?.(result) ?? 'completed');
      return result;
    } catch (thrown) {
      if (thrown instanceof WaitsForChildren && !signal.aborted) {
        recording.ended('returned');
        return await awaitChildren(job, known, token);
      }
      // What broke because the job was told to stop is no failure of its own.
      const error = redactError(toMediaError(signal.aborted ? signal.reason : thrown), redact);
      const hasAttempts = job.attemptsMade + 1 < (job.opts.attempts ?? 1);
      const { deferrals } = readMetadata(job, known);
      const { deferralLimits } = type.policy;
      const ending = decideOutcome({ error, isStopped: signal.aborted, deferrals, deferralLimits, hasAttempts });
      recording.ended(ending.outcome);
      if (ending.outcome === 'returned') return await giveBack(job, known, { token, error, ...ending });
      const failure = isRetryable(error) ? error : permanent(error);
      recorded.add(failure);
      // Another worker's job: BullMQ takes no outcome from us, and the row is not ours to write.
      if (error.code === 'lock_lost') throw failure;
      if (ending.outcome === 'retried') await recordWaiting(job, known, error);
      else if (!(await recordEnd(job, known, error)))
        return await giveBack(job, known, { token, error, isDeferred: true, delayMs: deferralDelay(deferrals) });
      throw failure;
    } finally {
      clearTimeout(lifetime);
      running.delete(jobId);
    }
  };
}

const permanent = (error: MediaError): UnrecoverableError =>
  Object.assign(new UnrecoverableError(error.message), { cause: error });
