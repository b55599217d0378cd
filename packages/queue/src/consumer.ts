/**
 * The worker's side of the queue: takes jobs, keeps their locks, records how they end, and stops in phases.
 */

import { hostname } from 'node:os';
import { pid } from 'node:process';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { withTimeout } from '@supabase-media/core/with-timeout';
import type { Job, Telemetry } from 'bullmq';
import { type AddJobOptions, addRequestedJob, type RequestedJob } from './add-job.ts';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { type CanceledJobState, cancelJob } from './cancel-job.ts';
import { createCatalog, type JobCatalog } from './catalog.ts';
import { createFollowUp } from './follow-up.ts';
import { childrenOf } from './job-children.ts';
import { type JobRecorder, NO_RECORDER } from './job-recorder.ts';
import { createJobRunner, stopped } from './job-runner.ts';
import { isJobLive } from './job-states.ts';
import type { JobType } from './job-type.ts';
import { openQueue } from './open-queue.ts';
import { BULLMQ_BOUNDS, RENEWALS_PER_LOCK, STALLED_LOOKS_PER_LOCK, scheduledDelay } from './policy.ts';
import { QUEUE_NAME } from './queue-names.ts';
import { recordUnhandledEnds } from './record-unhandled-ends.ts';
import { redactError } from './redact-error.ts';
import type { RunningJob } from './running-job.ts';
import { openSideQueue } from './side-queue.ts';
import { watchCancels } from './watch-cancels.ts';
import { watchEndNotices } from './watch-end-notices.ts';
import { watchLocks } from './watch-own-locks.ts';
import { createMetadataSeal } from './worker-metadata.ts';

export interface StartConsumerOptions {
  readonly address: QueueAddress;
  readonly concurrency: number;
  /**
   * Proves what workers note in jobs: the same for all workers of a queue. With another one, jobs begin anew. Producers
   * need not have it.
   */
  readonly secret: string;
  /** The catalog: jobs of any other type are refused. */
  readonly jobTypes: readonly JobType[];
  readonly log: Log;
  /** Takes secrets out of what is kept of a failure, in the queue and by handlers; nothing unless named. */
  readonly redact?: ((text: string) => string) | undefined;
  /** Told what happens; nobody unless named. */
  readonly metrics?: JobRecorder | undefined;
  /** Makes the queue's part of a trace. */
  readonly telemetry?: Telemetry | undefined;
  /** How long the lock on a job outlives its last renewal, in milliseconds; 90 s unless told. */
  readonly lockMs?: number | undefined;
  /** One run of a job takes at most this long, in milliseconds; 12 h unless told. */
  readonly lifetimeMs?: number | undefined;
}

/** A running consumer. */
export interface Consumer {
  /**
   * Stops taking jobs, lets running ones finish for `graceMs` milliseconds, then ends them and gives them back to the
   * queue without spending an attempt. What has not ended {@link END_MS} later is abandoned, and so are connections to a
   * queue that is away.
   */
  readonly stop: (graceMs: number) => Promise<void>;
  /** Whether a job waits or runs, here or elsewhere. */
  readonly isLive: (jobId: string) => Promise<boolean>;
  /** Adds the one job of a request that stands elsewhere, on the consumer's own connections. */
  readonly addRequested: <Payload extends object>(
    options: AddJobOptions<Payload> & { readonly request: string },
  ) => Promise<RequestedJob>;
  /** Cancels a job wherever it waits or runs. */
  readonly cancel: (jobId: string) => Promise<CanceledJobState>;
}

const LOCK_MS = 90_000;
const LIFETIME_MS = 12 * 3_600_000;

/** Everything that waits takes a signal: a job that has not stopped within this, in milliseconds, never will. */
const END_MS = 20_000;

/** A queue that is away is asked again after this, in milliseconds; BullMQ would wait for 15 s. */
const RETRY_DELAY_MS = 2000;

/** BullMQ waits for a queue that is away before it closes its connections; we wait this long, in milliseconds. */
const CLOSE_MS = 3000;

/** The same error of the queue is logged again only after this, in milliseconds. */
const SAME_ERROR_MS = 30_000;

/**
 * Starts taking jobs.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function startConsumer(options: StartConsumerOptions): Promise<Consumer> {
  const { address, log, lockMs = LOCK_MS, lifetimeMs = LIFETIME_MS, metrics = NO_RECORDER } = options;
  const redact = options.redact ?? ((text: string) => text);
  const catalog = createCatalog(options.jobTypes);
  await assertQueueReachable(address, { waits: true });
  const backend = chooseBackend(address);
  const { classes, connection, place } = backend;
  const side = await openSideQueue(backend);
  const { flags, notices } = side;
  const queue = await openQueue(backend, QUEUE_NAME).catch(async (error: unknown) => {
    await side.close();
    throw error;
  });
  const followUp = createFollowUp(queue, catalog);
  const seal = createMetadataSeal(options.secret);
  const running = new Map<string, RunningJob>();
  const recorded = new WeakSet<Error>();
  /** Runs of jobs, and what is written after them. */
  const busy = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  const keepBusy = (work: Promise<unknown>): void => {
    const settled = work.catch(() => {}).finally(() => busy.delete(settled));
    busy.add(settled);
  };

  const jobChildren = (job: Job) => childrenOf(job, { queue, side });
  const isLive = (jobId: string) => isJobLive(queue, jobId);
  const cancel = (jobId: string) => cancelJob({ queue, side, jobId });
  const runJob = createJobRunner({
    childrenOf: jobChildren,
    isLive,
    cancel,
    catalog,
    seal,
    followUp,
    running,
    lifetimeMs,
    lockMs,
    isStopping,
    isAnyWaiting: async () => Object.values(await queue.getJobCounts('waiting', 'prioritized')).some(Boolean),
    stopSignal: stopping.signal,
    metrics,
    log,
    redact,
    recorded,
  });
  const process = (job: Job, token: string | undefined) => {
    const run = runJob(job, token).catch((error: unknown) => {
      throw redactError(error, redact);
    });
    keepBusy(run);
    return run;
  };
  const worker = new classes.Worker(QUEUE_NAME, process, {
    connection,
    name: `${hostname()}:${pid}`,
    concurrency: options.concurrency,
    lockDuration: lockMs,
    lockRenewTime: Math.ceil((lockMs * 2) / RENEWALS_PER_LOCK),
    stalledInterval: Math.ceil(lockMs / STALLED_LOOKS_PER_LOCK),
    runRetryDelay: RETRY_DELAY_MS,
    settings: { backoffStrategy: (attempts, _type, error, job) => delayOf(catalog, { attempts, error, job }) },
    ...BULLMQ_BOUNDS,
    ...(options.telemetry && { telemetry: options.telemetry }),
  });
  recordUnhandledEnds({
    worker,
    catalog,
    seal,
    followUp,
    flags,
    childrenOf: jobChildren,
    cancel,
    recorded,
    keepBusy,
    log,
    signal: stopping.signal,
  });
  worker.on('stalled', (jobId) => {
    metrics.jobStalled();
    log.warn({ event: 'job.stalled', jobId }, 'The worker of a job died; the job resumes automatically');
  });
  let lastError = { message: '', at: 0 };
  worker.on('error', (error) => {
    // A queue that is away fails every second on every connection: one line every half minute is enough.
    if (error.message === lastError.message && Date.now() - lastError.at < SAME_ERROR_MS) return;
    lastError = { message: error.message, at: Date.now() };
    if (!isStopping()) log.error({ event: 'queue.error', err: error }, `The queue (${place}) failed: ${error.message}`);
  });
  const watch = new AbortController();
  const { signal } = watch;
  const watching = Promise.all([
    watchCancels({ running, flags, log, signal }),
    watchEndNotices({ queue, notices, catalog, followUp, log, signal: stopping.signal }),
    watchLocks({ worker, running, lockMs, metrics, log, signal }),
  ]);
  await worker.waitUntilReady();
  log.info({ event: 'worker.ready' }, `Taking jobs from ${place}, ${options.concurrency} at a time`);

  /** Resolves with whether nothing was left to do within so many milliseconds. */
  const untilIdle = (limitMs: number): Promise<boolean> =>
    withTimeout(limitMs, async () => {
      while (busy.size > 0) await Promise.all(busy);
    });

  return {
    isLive,
    addRequested: (options) => addRequestedJob(queue, side, options),
    cancel,
    stop: async (graceMs) => {
      stopping.abort();
      const closed = worker.close();
      if (!(await untilIdle(graceMs))) {
        for (const { controller } of running.values()) controller.abort(stopped());
        if (!(await untilIdle(END_MS)))
          log.error(
            { event: 'worker.left_behind', jobs: [...running.keys()] },
            `${running.size} jobs did not end within ${END_MS / 1000} s; another worker resumes them when their locks expire`,
          );
      }
      watch.abort();
      await watching;
      if (!(await withTimeout(CLOSE_MS, () => Promise.allSettled([closed, side.close(), queue.close()]))))
        log.warn(
          { event: 'queue.left_open' },
          `The queue (${place}) did not close within ${CLOSE_MS / 1000} s; its connections end with the process`,
        );
    },
  };
}

/** The wait before the next try of a job whose type has a schedule, in milliseconds. */
function delayOf(
  catalog: JobCatalog,
  failed: { readonly attempts: number; readonly error: unknown; readonly job: { readonly name: string } | undefined },
): number {
  const retries = catalog.find(failed.job?.name ?? '')?.policy.retries;
  if (retries === undefined || !('scheduleMs' in retries)) return RETRY_DELAY_MS;
  const { retryAfterMs } = failed.error instanceof MediaError ? failed.error.details : {};
  return scheduledDelay(retries.scheduleMs, failed.attempts, {
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
    random: Math.random(),
  });
}
