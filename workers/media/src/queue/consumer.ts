/**
 * The worker's side of the queue: takes jobs, keeps its claims on them, records their endings, and stops in phases.
 */

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { MediaError, toMediaError } from '../errors.ts';
import type { Log } from '../observability/logger.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { openCancelFlags } from './cancel-flags.ts';
import { QUEUE_NAME, videoProcessPayload } from './contract.ts';
import { readNotes, readProducerData } from './job-record.ts';
import { abandoned, createJobRunner, lockLost, stopped, type VideoHandlers } from './job-runner.ts';
import { isJobLive } from './job-states.ts';
import { BULLMQ_BOUNDS, RENEWALS_PER_LOCK, STALLED_LOOKS_PER_LOCK } from './policy.ts';
import { queueTelemetry } from './telemetry.ts';
import { type FindCanceled, type RunningJob, watchCancels } from './watch-cancels.ts';

export interface StartConsumerOptions {
  readonly address: QueueAddress;
  readonly concurrency: number;
  readonly handlers: VideoHandlers;
  readonly log: Log;
  /** Counts what happens; a registry of nobody's unless told. */
  readonly metrics?: Pick<Metrics, 'jobStarted' | 'jobStalled' | 'lockLost'> | undefined;
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

/** The same error of the queue is logged again only after this, in milliseconds. */
const SAME_ERROR_MS = 30_000;

/**
 * Starts taking jobs.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function startConsumer(options: StartConsumerOptions): Promise<Consumer> {
  const { address, handlers, log, lockMs = LOCK_MS, lifetimeMs = LIFETIME_MS, metrics = createMetrics() } = options;
  await assertQueueReachable(address);
  const backend = chooseBackend(address);
  const { classes, connection, place } = backend;
  const flags = openCancelFlags(backend);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  queue.on('error', () => {});
  const running = new Map<string, RunningJob>();
  const endings = new Set<Promise<void>>();
  let isStopping = false;

  /** A request that came too late must not meet a later job of the same video. */
  const lowerFlag = (jobId: string) =>
    flags.lower(jobId).catch((err: unknown) => log.debug({ err, jobId }, 'A request to cancel could not be removed'));

  const worker = new classes.Worker(
    QUEUE_NAME,
    createJobRunner({ handlers, running, lifetimeMs, lockMs, isStopping: () => isStopping, metrics, log }),
    {
      connection,
      name: `${hostname()}:${process.pid}`,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      lockRenewTime: Math.ceil((lockMs * 2) / RENEWALS_PER_LOCK),
      stalledInterval: Math.ceil(lockMs / STALLED_LOOKS_PER_LOCK),
      ...BULLMQ_BOUNDS,
      ...(await queueTelemetry()),
    },
  );
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) {
      log.warn({ event: 'job.lock_lost', jobId }, 'The claim on a job was lost; its run here stops');
      metrics.lockLost();
      running.get(jobId)?.controller.abort(lockLost());
    }
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
  worker.on('stalled', (jobId) => {
    metrics.jobStalled();
    log.warn({ event: 'job.stalled', jobId }, 'A job outlived its worker; it is taken up again');
  });
  // A connection that breaks while it is being closed is no news.
  let lastError = { message: '', at: 0 };
  worker.on('error', (error) => {
    // A queue that is away fails every second on every connection: one line each half minute says as much.
    if (error.message === lastError.message && Date.now() - lastError.at < SAME_ERROR_MS) return;
    lastError = { message: error.message, at: Date.now() };
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

function causeOf(thrown: Error): MediaError {
  if (thrown instanceof MediaError) return thrown;
  if (thrown.cause instanceof MediaError) return thrown.cause;
  if (/stalled|more than allowable limit/.test(thrown.message)) return abandoned(thrown.message);
  return toMediaError(thrown);
}
