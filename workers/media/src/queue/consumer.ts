/**
 * The worker's side of the queue: takes jobs, hands them to their handler, and translates both ways between our errors
 * and BullMQ's. The only place that turns a permanent failure into one that BullMQ does not try again.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, type Queue, UnrecoverableError, WaitingError } from 'bullmq';
import { z } from 'zod';
import { isRetryable, MediaError, toMediaError } from '../errors.ts';
import type { Log } from '../observability/logger.ts';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { openCancelFlags } from './cancel-flags.ts';
import {
  QUEUE_NAME,
  VIDEO_PROCESS,
  type VideoProcessPayload,
  type VideoProcessResult,
  type VideoProgress,
  videoProcessPayload,
} from './contract.ts';
import { readNotes, readProducerData, withNotes } from './job-record.ts';
import { isJobLive } from './job-states.ts';
import {
  BULLMQ_BOUNDS,
  JOB_POLICY,
  PUT_OFF,
  putOffDelay,
  RENEWALS_PER_LOCK,
  STALLED_LOOKS_PER_LOCK,
} from './policy.ts';
import { type FindCanceled, type RunningJob, watchCancels } from './watch-cancels.ts';

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
  readonly reportProgress: (progress: VideoProgress) => Promise<void>;
}

/** A job as it stands when a run of it has ended. */
export interface EndedJob {
  readonly jobId: string;
  readonly checkpoint: unknown;
}

/** What the worker does with `video.process` jobs. */
export interface VideoHandlers {
  readonly process: (payload: VideoProcessPayload, context: JobContext) => Promise<VideoProcessResult>;
  /** The job has failed for good, in its handler or by outliving its workers, or was canceled. */
  readonly fail: (payload: VideoProcessPayload, error: MediaError, job: EndedJob) => Promise<void>;
  /** The job will be tried again: it failed, was put off, or was given back by a worker that stops. */
  readonly wait: (payload: VideoProcessPayload, error: MediaError) => Promise<void>;
}

export interface StartConsumerOptions {
  readonly address: QueueAddress;
  readonly concurrency: number;
  readonly handlers: VideoHandlers;
  readonly log: Log;
  /** How long a claim on a job outlives the worker's last sign of life, in milliseconds; 90 s unless told. */
  readonly lockMs?: number | undefined;
  /** One run of a job takes at most this long, in milliseconds; 12 h unless told. */
  readonly lifetimeMs?: number | undefined;
  /** Asked once a second while jobs run. */
  readonly findCanceled?: FindCanceled | undefined;
}

/** A running consumer. */
export interface Consumer {
  /**
   * Stops taking jobs, lets running ones finish for `graceMs` milliseconds, then ends them and gives them back to the
   * queue without spending an attempt. What has not ended {@link END_MS} later is left behind.
   */
  readonly stop: (graceMs: number) => Promise<void>;
  /** Whether a job waits or runs, here or elsewhere. */
  readonly isLive: (jobId: string) => Promise<boolean>;
}

const LOCK_MS = 90_000;
const LIFETIME_MS = 12 * 3_600_000;

/** What told to stop has not stopped within this time, in milliseconds, does not listen: all that waits takes a signal. */
const END_MS = 20_000;

const stopped = () => new MediaError({ code: 'aborted', message: 'The worker was told to stop.' });

const lockLost = () =>
  new MediaError({ code: 'lock_lost', message: 'The claim on the job was lost; another worker may have taken it.' });

const expired = (ms: number) =>
  new MediaError({ code: 'job_expired', message: `The job ran for more than ${ms / 3_600_000} h.` });

const abandoned = (why: string) =>
  new MediaError({
    code: 'job_abandoned',
    message: `The job was started again and again without coming to an end (${why}).`,
  });

/**
 * Starts taking jobs.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function startConsumer(options: StartConsumerOptions): Promise<Consumer> {
  const { address, handlers, log, lockMs = LOCK_MS, lifetimeMs = LIFETIME_MS } = options;
  await assertQueueReachable(address);
  const backend = chooseBackend(address);
  const { classes, connection, place } = backend;
  const policy = JOB_POLICY[VIDEO_PROCESS];
  const flags = openCancelFlags(backend);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  queue.on('error', () => {});
  const running = new Map<string, RunningJob>();
  const endings = new Set<Promise<void>>();
  let isStopping = false;

  /** Back to the queue without spending an attempt: at once, or after a while. */
  const giveBack = async (
    job: Job,
    payload: VideoProcessPayload,
    options: { token: string | undefined; error: MediaError; isCounted: boolean; delayMs?: number },
  ): Promise<never> => {
    const notes = readNotes(job.data);
    if (!options.isCounted) await job.updateData(withNotes(payload, { ...notes, starts: notes.starts - 1 }));
    // The row first: from the next line on another worker may write it.
    await handlers
      .wait(payload, options.error)
      .catch((err: unknown) => log.error({ err, jobId: job.id }, 'That the job waits could not be recorded'));
    if (options.delayMs === undefined) {
      await job.moveToWait(options.token);
      throw new WaitingError();
    }
    await job.moveToDelayed(Date.now() + options.delayMs, options.token);
    throw new DelayedError();
  };

  const processor = async (job: Job, token: string | undefined): Promise<VideoProcessResult> => {
    const payload = parsePayload(job);
    const jobId = String(job.id);
    const earlier = readNotes(job.data);
    let notes = { ...earlier, starts: earlier.starts + 1 };
    if (notes.starts > policy.maxStartsWithoutProgress)
      throw permanent(abandoned(`${earlier.starts} times in a row without finishing a step`));
    const controller = new AbortController();
    running.set(jobId, { jobId, videoId: payload.videoId, controller });
    const lifetime = setTimeout(() => controller.abort(expired(lifetimeMs)), lifetimeMs);
    try {
      await job.updateData(withNotes(payload, notes));
      const result = await handlers.process(payload, {
        jobId,
        attempt: job.attemptsMade + 1,
        attempts: job.opts.attempts ?? 1,
        signal: controller.signal,
        checkpoint: earlier.checkpoint,
        saveCheckpoint: async (checkpoint) => {
          notes = { ...notes, starts: 0, checkpoint };
          await job
            .updateData(withNotes(payload, notes))
            .catch((err: unknown) => log.warn({ err, jobId }, 'The checkpoint could not be saved'));
        },
        reportProgress: (progress) => job.updateProgress(progress),
      });
      await lowerFlag(jobId);
      return result;
    } catch (thrown) {
      // What broke because the job was told to stop is no failure of its own.
      const error = toMediaError(controller.signal.aborted ? controller.signal.reason : thrown);
      if (reasonOf(controller.signal) === 'aborted')
        return await giveBack(job, payload, { token, error, isCounted: false });
      const putOff = controller.signal.aborted ? undefined : PUT_OFF[error.code];
      if (putOff !== undefined && notes.starts < policy.maxStartsWithoutProgress)
        return await giveBack(job, payload, {
          token,
          error,
          delayMs: putOffDelay(Math.max(1, notes.starts)),
          ...putOff,
        });
      if (!isRetryable(error)) throw permanent(error);
      throw error;
    } finally {
      clearTimeout(lifetime);
      running.delete(jobId);
    }
  };

  /** A request that came too late must not meet a later job of the same video. */
  const lowerFlag = (jobId: string) =>
    flags.lower(jobId).catch((err: unknown) => log.debug({ err, jobId }, 'A request to cancel could not be removed'));

  const worker = new classes.Worker(QUEUE_NAME, processor, {
    connection,
    concurrency: options.concurrency,
    lockDuration: lockMs,
    lockRenewTime: Math.ceil((lockMs * 2) / RENEWALS_PER_LOCK),
    stalledInterval: Math.ceil(lockMs / STALLED_LOOKS_PER_LOCK),
    ...BULLMQ_BOUNDS,
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) running.get(jobId)?.controller.abort(lockLost());
  });
  worker.on('failed', (job, thrown) => {
    const payload = videoProcessPayload.safeParse(readProducerData(job?.data));
    if (job === undefined || !payload.success) return;
    const error = causeOf(thrown);
    const jobId = String(job.id);
    const record = async () => {
      if (job.finishedOn === undefined) return handlers.wait(payload.data, error);
      await handlers.fail(payload.data, error, { jobId, checkpoint: readNotes(job.data).checkpoint });
      await lowerFlag(jobId);
    };
    const settled = record()
      .catch((failure: unknown) => log.error({ err: failure, jobId }, 'The outcome could not be recorded'))
      .finally(() => endings.delete(settled));
    endings.add(settled);
  });
  worker.on('stalled', (jobId) =>
    log.warn({ event: 'job.stalled', jobId }, 'A job outlived its worker; it is taken up again'),
  );
  // A connection that breaks while it is being closed is no news.
  worker.on('error', (error) => {
    if (!isStopping) log.error({ event: 'queue.error', err: error }, `The queue (${place}) failed: ${error.message}`);
  });
  const watch = new AbortController();
  const watching = watchCancels({ running, flags, findCanceled: options.findCanceled, log, signal: watch.signal });
  await worker.waitUntilReady();
  log.info({ event: 'worker.ready' }, `Taking jobs from ${place}, ${options.concurrency} at a time`);

  return {
    isLive: (jobId) => isJobLive(queue, jobId),
    stop: async (graceMs) => {
      isStopping = true;
      const over = new AbortController();
      const ended = (async () => {
        await worker.close();
        await Promise.all(endings);
        watch.abort();
        await watching;
        await Promise.all([flags.close(), queue.close()]);
      })();
      const phases = (async () => {
        await sleep(graceMs, undefined, { signal: over.signal });
        for (const { controller } of running.values()) controller.abort(stopped());
        await sleep(END_MS, undefined, { signal: over.signal });
        log.error(
          { event: 'worker.left_behind', jobs: [...running.keys()] },
          `${running.size} jobs did not end within ${END_MS / 1000} s; others take them up when their claims run out`,
        );
      })().catch(() => {});
      await Promise.race([ended, phases]).finally(() => over.abort());
    },
  };
}

const permanent = (error: MediaError): UnrecoverableError =>
  Object.assign(new UnrecoverableError(error.message), { cause: error });

const reasonOf = (signal: AbortSignal): string | undefined =>
  signal.aborted && signal.reason instanceof MediaError ? signal.reason.code : undefined;

function parsePayload(job: Job): VideoProcessPayload {
  const parsed = videoProcessPayload.safeParse(readProducerData(job.data));
  if (parsed.success) return parsed.data;
  throw new UnrecoverableError(`The job's payload is not one of ours: ${z.prettifyError(parsed.error)}`);
}

function causeOf(thrown: Error): MediaError {
  if (thrown instanceof MediaError) return thrown;
  if (thrown.cause instanceof MediaError) return thrown.cause;
  if (/stalled|more than allowable limit/.test(thrown.message)) return abandoned(thrown.message);
  return toMediaError(thrown);
}
