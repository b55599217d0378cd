/**
 * The worker's side of the queue: takes jobs, hands them to their handler, and translates both ways between our errors
 * and BullMQ's. The only place that turns a permanent failure into one that BullMQ does not try again.
 */
import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { z } from 'zod';
import { isRetryable, MediaError, toMediaError } from '../errors.ts';
import type { Log } from '../observability/logger.ts';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import {
  QUEUE_NAME,
  VIDEO_PROCESS,
  type VideoProcessPayload,
  type VideoProcessResult,
  type VideoProgress,
  videoProcessPayload,
} from './contract.ts';
import { JOB_POLICY, LOCK_DURATION_MS, STALLED_INTERVAL_MS } from './policy.ts';

/** One job as its handler sees it. */
export interface JobContext {
  readonly jobId: string;
  /** From 1. */
  readonly attempt: number;
  readonly attempts: number;
  /** Aborted when the worker is told to stop or loses its claim on the job. */
  readonly signal: AbortSignal;
  readonly reportProgress: (progress: VideoProgress) => Promise<void>;
}

/** What the worker does with `video.process` jobs. */
export interface VideoHandlers {
  readonly process: (payload: VideoProcessPayload, context: JobContext) => Promise<VideoProcessResult>;
  /** The job has failed for good, in its handler or by outliving its workers. */
  readonly fail: (payload: VideoProcessPayload, error: MediaError) => Promise<void>;
  /** The job failed and will be tried again, or was given back by a worker that stops. */
  readonly wait: (payload: VideoProcessPayload, error: MediaError) => Promise<void>;
}

export interface StartConsumerOptions {
  readonly address: QueueAddress;
  readonly concurrency: number;
  readonly handlers: VideoHandlers;
  readonly log: Log;
}

/** A running consumer. */
export interface Consumer {
  /**
   * Stops taking jobs, lets running ones finish for `graceMs` milliseconds, then ends them and gives them back to the
   * queue without spending an attempt.
   */
  readonly stop: (graceMs: number) => Promise<void>;
}

const stopped = () => new MediaError({ code: 'aborted', message: 'The worker was told to stop.' });

const lockLost = () =>
  new MediaError({ code: 'lock_lost', message: 'The claim on the job was lost; another worker may have taken it.' });

/**
 * Starts taking jobs.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function startConsumer(options: StartConsumerOptions): Promise<Consumer> {
  const { address, handlers, log } = options;
  await assertQueueReachable(address);
  const { classes, connection, place } = chooseBackend(address);
  const policy = JOB_POLICY[VIDEO_PROCESS];
  const running = new Map<string, AbortController>();
  const endings = new Set<Promise<void>>();
  let isStopping = false;

  const processor = async (job: Job, token: string | undefined): Promise<VideoProcessResult> => {
    const payload = parsePayload(job);
    const jobId = String(job.id);
    const controller = new AbortController();
    running.set(jobId, controller);
    try {
      return await handlers.process(payload, {
        jobId,
        attempt: job.attemptsMade + 1,
        attempts: job.opts.attempts ?? 1,
        signal: controller.signal,
        reportProgress: (progress) => job.updateProgress(progress),
      });
    } catch (thrown) {
      const error = toMediaError(thrown);
      if (isGivenBack(controller.signal)) {
        await job.moveToWait(token);
        await handlers.wait(payload, error);
        throw new WaitingError();
      }
      if (!isRetryable(error)) throw Object.assign(new UnrecoverableError(error.message), { cause: error });
      throw error;
    } finally {
      running.delete(jobId);
    }
  };

  const worker = new classes.Worker(QUEUE_NAME, processor, {
    connection,
    concurrency: options.concurrency,
    lockDuration: LOCK_DURATION_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: policy.maxStalledCount,
    maxStartedAttempts: policy.maxStartedAttempts,
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) running.get(jobId)?.abort(lockLost());
  });
  worker.on('failed', (job, thrown) => {
    const payload = videoProcessPayload.safeParse(job?.data);
    if (job === undefined || !payload.success) return;
    const error = causeOf(thrown);
    const ending =
      job.finishedOn === undefined ? handlers.wait(payload.data, error) : handlers.fail(payload.data, error);
    const settled = ending
      .catch((failure: unknown) => log.error({ err: failure, jobId: job.id }, 'The outcome could not be recorded'))
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
  await worker.waitUntilReady();
  log.info({ event: 'worker.ready' }, `Taking jobs from ${place}, ${options.concurrency} at a time`);

  return {
    stop: async (graceMs) => {
      isStopping = true;
      const closed = worker.close();
      const grace = setTimeout(() => {
        for (const controller of running.values()) controller.abort(stopped());
      }, graceMs);
      await closed.finally(() => clearTimeout(grace));
      await Promise.all(endings);
    },
  };
}

const isGivenBack = (signal: AbortSignal): boolean =>
  signal.aborted && signal.reason instanceof MediaError && signal.reason.code === 'aborted';

function parsePayload(job: Job): VideoProcessPayload {
  const parsed = videoProcessPayload.safeParse(job.data);
  if (parsed.success) return parsed.data;
  throw new UnrecoverableError(`The job's payload is not one of ours: ${z.prettifyError(parsed.error)}`);
}

function causeOf(thrown: Error): MediaError {
  if (thrown instanceof MediaError) return thrown;
  if (thrown.cause instanceof MediaError) return thrown.cause;
  if (/stalled|more than allowable limit/.test(thrown.message))
    return new MediaError({
      code: 'job_abandoned',
      message: `The job was started again and again without coming to an end (${thrown.message}).`,
    });
  return toMediaError(thrown);
}
