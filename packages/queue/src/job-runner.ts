/**
 * One run of a job: its notes kept, one signal for all that may end it, and its ending translated into what BullMQ
 * understands.
 */

import { isRetryable, MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { raceAbort } from '@supabase-media/core/race-abort';
import { retry } from '@supabase-media/core/retry';
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { z } from 'zod';
import {
  VIDEO_PROCESS,
  type VideoProcessPayload,
  type VideoProcessResult,
  type VideoProgress,
  videoProcessPayload,
} from './contract.ts';
import { decideOutcome } from './decide-outcome.ts';
import type { JobRecorder, JobRecording } from './job-recorder.ts';
import { deferralDelay, JOB_POLICY } from './policy.ts';
import type { RunningJob } from './watch-cancels.ts';
import { lockLost } from './watch-locks.ts';
import { keepCheckpoint, readProducerData, readWorkerMetadata, withWorkerMetadata } from './worker-metadata.ts';

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
   * Makes sure that the job still is this worker's: a process that was stopped and goes on learns of it late.
   *
   * @throws {MediaError} `lock_lost`; `queue_failed` when the queue cannot be asked for a while.
   */
  readonly confirmLock: () => Promise<void>;
  readonly reportProgress: (progress: VideoProgress) => Promise<void>;
  /** Times this run; its end is recorded by whoever called the handler. */
  readonly recording: JobRecording;
}

/** A job as it stands when a run of it has ended. */
export interface EndedJob {
  readonly jobId: string;
  readonly checkpoint: unknown;
}

/** What the worker does with `video.process` jobs. */
export interface VideoHandlers {
  readonly process: (payload: VideoProcessPayload, context: JobContext) => Promise<VideoProcessResult>;
  /**
   * The job has failed for good, in its handler or by outliving its workers, or was canceled. The queue lets go of it
   * only when this has succeeded: until then nobody can run it again. It may be called more than once.
   */
  readonly fail: (payload: VideoProcessPayload, error: MediaError, job: EndedJob) => Promise<void>;
  /** The job will be tried again: it failed, was put off, or was given back by a worker that stops. */
  readonly wait: (payload: VideoProcessPayload, error: MediaError) => Promise<void>;
}

export interface JobRunnerOptions {
  readonly handlers: VideoHandlers;
  /** The jobs that run in this process; whoever ends one aborts it here. */
  readonly running: Map<string, RunningJob>;
  readonly lifetimeMs: number;
  /** Whether the worker was told to stop: a job that was being fetched in that moment is given back unopened. */
  readonly isStopping: () => boolean;
  /** How long a claim lasts, in milliseconds. */
  readonly lockMs: number;
  readonly metrics: Pick<JobRecorder, 'jobStarted'>;
  readonly log: Log;
  /** The runner puts in what it throws when the handler was told already what became of the job. */
  readonly recorded: WeakSet<Error>;
}

const expired = (ms: number) =>
  new MediaError({ code: 'job_expired', message: `The job ran for more than ${ms / 3_600_000} h.` });

/** The reason of a job whose worker stops. */
export const stopped = (): MediaError => new MediaError({ code: 'aborted', message: 'The worker was told to stop.' });

/** A queue that is away for a few seconds is waited for: 0.5 s, 1 s, 2 s, 4 s. */
const QUEUE_RETRIES = 4;
/** When a job is given back, it is waited for about a minute: until then the claim is ours. */
const GIVE_BACK_RETRIES = 7;

/** A queue that answered, and did not do it: the job is not ours any more. BullMQ numbers these answers. */
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

/** A job that comes back while its last run here still ends is put off for this long, in milliseconds. */
const UNWIND_MS = 5000;

/** The error of a job that was started too often. */
export const abandoned = (why: string): MediaError =>
  new MediaError({
    code: 'job_abandoned',
    message: `The job was started again and again without coming to an end (${why}).`,
  });

/** Makes what BullMQ calls for each job. */
export function createJobRunner(
  options: JobRunnerOptions,
): (job: Job, token: string | undefined) => Promise<VideoProcessResult> {
  const { handlers, running, lifetimeMs, lockMs, isStopping, metrics, log, recorded } = options;
  const policy = JOB_POLICY[VIDEO_PROCESS];

  /**
   * Back to the queue without spending an attempt: at once, or after a while. Where the queue cannot be told, the claim
   * runs out, and the job comes back by itself.
   */
  const giveBack = async (
    job: Job,
    payload: VideoProcessPayload,
    options: { token: string | undefined; error: MediaError; isDeferred?: boolean; delayMs?: number },
  ): Promise<never> => {
    const { token, error, isDeferred = false, delayMs } = options;
    const tell = (ask: () => Promise<unknown>) =>
      patiently(ask, { retries: GIVE_BACK_RETRIES }).catch((err: unknown) =>
        log.warn({ err, jobId: job.id }, 'The queue could not be told that a job comes back; its claim runs out'),
      );
    // The row first: people look at it, and once the job has moved another worker may write it.
    await recordWaiting(job, payload, error);
    const before = readWorkerMetadata(job.data);
    const deferrals = before.deferrals + (isDeferred ? 1 : 0);
    const metadata = { ...before, startsAtProgress: job.attemptsStarted, deferrals };
    await tell(() => job.updateData(withWorkerMetadata(payload, metadata)));
    if (delayMs === undefined) {
      await tell(() => job.moveToWait(token));
      throw new WaitingError();
    }
    await tell(() => job.moveToDelayed(Date.now() + delayMs, token));
    throw new DelayedError();
  };

  const recordWaiting = (job: Job, payload: VideoProcessPayload, error: MediaError): Promise<void> =>
    handlers
      .wait(payload, error)
      .catch((err: unknown) => log.error({ err, jobId: job.id }, 'That the job waits could not be recorded'));

  /** Whether it is recorded that the job has come to its end. */
  const recordEnd = async (job: Job, payload: VideoProcessPayload, error: MediaError): Promise<boolean> => {
    try {
      await handlers.fail(payload, error, {
        jobId: String(job.id),
        checkpoint: readWorkerMetadata(job.data).checkpoint,
      });
      return true;
    } catch (err) {
      log.error({ err, jobId: job.id }, 'The end of a job could not be recorded; the job is put off for that');
      return false;
    }
  };

  return async (job, token) => {
    const payload = parsePayload(job);
    const jobId = String(job.id);
    if (isStopping()) return giveBack(job, payload, { token, error: stopped() });
    const earlier = running.get(jobId);
    if (earlier !== undefined) {
      // Two runs of one job in one process: BullMQ would renew the claim of neither.
      earlier.controller.abort(lockLost());
      return giveBack(job, payload, { token, error: lockLost(), delayMs: UNWIND_MS });
    }
    const metadata = readWorkerMetadata(job.data);
    const starts = job.attemptsStarted - metadata.startsAtProgress;
    if (starts > policy.maxStartsWithoutProgress)
      throw permanent(abandoned(`${starts - 1} times in a row without finishing a step`));
    const recording = metrics.jobStarted();
    const controller = new AbortController();
    const { signal } = controller;
    let lockedAt = performance.now();
    const lockRenewed = () => {
      lockedAt = performance.now();
    };
    running.set(jobId, {
      jobId,
      videoId: payload.videoId,
      createdAtMs: job.timestamp,
      controller,
      rowSeen: false,
      lockRenewed,
      sinceLockMs: () => performance.now() - lockedAt,
    });
    const lifetime = setTimeout(() => controller.abort(expired(lifetimeMs)), lifetimeMs);
    try {
      const result = await handlers.process(payload, {
        jobId,
        attempt: job.attemptsMade + 1,
        attempts: job.opts.attempts ?? 1,
        signal,
        checkpoint: metadata.checkpoint,
        saveCheckpoint: async (checkpoint) => {
          const kept = keepCheckpoint(readWorkerMetadata(job.data), checkpoint, job.attemptsStarted);
          const data = withWorkerMetadata(payload, kept);
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
        recording,
      });
      recording.ended(result.outcome);
      return result;
    } catch (thrown) {
      // What broke because the job was told to stop is no failure of its own.
      const error = toMediaError(signal.aborted ? signal.reason : thrown);
      const hasAttempts = job.attemptsMade + 1 < (job.opts.attempts ?? 1);
      const { deferrals } = readWorkerMetadata(job.data);
      const ending = decideOutcome({ error, isStopped: signal.aborted, deferrals, hasAttempts });
      recording.ended(ending.outcome);
      if (ending.outcome === 'returned') return await giveBack(job, payload, { token, error, ...ending });
      const failure = isRetryable(error) ? error : permanent(error);
      recorded.add(failure);
      // Another worker's job: BullMQ takes no ending from us, and the row is not ours to write.
      if (error.code === 'lock_lost') throw failure;
      if (ending.outcome === 'retried') await recordWaiting(job, payload, error);
      else if (!(await recordEnd(job, payload, error)))
        return await giveBack(job, payload, { token, error, isDeferred: true, delayMs: deferralDelay(deferrals) });
      throw failure;
    } finally {
      clearTimeout(lifetime);
      running.delete(jobId);
    }
  };
}

const permanent = (error: MediaError): UnrecoverableError =>
  Object.assign(new UnrecoverableError(error.message), { cause: error });

function parsePayload(job: Job): VideoProcessPayload {
  const parsed = videoProcessPayload.safeParse(readProducerData(job.data));
  if (parsed.success) return parsed.data;
  throw new UnrecoverableError(`The job's payload is not one of ours: ${z.prettifyError(parsed.error)}`);
}
