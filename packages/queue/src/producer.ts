/** The producer's side of the queue, for jobs of any type: add a job once, wait for it, cancel it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { withTimeout } from '@supabase-media/core/with-timeout';
import type { Job, Queue, Telemetry } from 'bullmq';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import type { CancelFlags } from './cancel-flags.ts';
import { type CanceledJobState, cancelJob } from './cancel-job.ts';
import { isFinished } from './job-states.ts';
import type { JobContract } from './job-type.ts';
import { openQueue } from './open-queue.ts';
import { type JobPriority, jobOptions } from './policy.ts';
import { QUEUE_NAME } from './queue-names.ts';
import { openSideQueue, type SideQueue } from './side-queue.ts';
import { waitForJob } from './wait.ts';
import { newJobData, newMetadata, readWorkerMetadata } from './worker-metadata.ts';

export interface AddJobOptions<Payload extends object> {
  readonly contract: JobContract<Payload>;
  readonly payload: Payload;
  /** The contract's unless told. */
  readonly priority?: JobPriority | undefined;
  /**
   * Called before a job is added or run again, not when one is already there. It may return the turn that the database
   * gave the job; without one the worker that takes it first asks for it.
   */
  readonly beforeAdd?: BeforeAdd | undefined;
}

type BeforeAdd = (jobId: string) => Promise<number | undefined>;

/** What became of a request: a new job, one that is already waiting or running, or a finished one run again. */
export interface AddedJob {
  readonly jobId: string;
  readonly state: 'created' | 'existing' | 'requeued';
}

export interface WaitOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A producer's connection to the queue. */
export interface JobProducer {
  /** @throws {MediaError} `queue_failed`; what `beforeAdd` throws. */
  readonly add: <Payload extends object>(options: AddJobOptions<Payload>) => Promise<AddedJob>;
  /** Cancels a job wherever it waits or runs. @throws {MediaError} `queue_failed`. */
  readonly cancel: (jobId: string) => Promise<CanceledJobState>;
  /** @throws {MediaError} `job_failed` with the job's reason; `job_missing`; `aborted` when the signal ended the wait. */
  readonly wait: <Progress>(jobId: string, options?: WaitOptions<Progress>) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Closing cannot end a look for events that has just begun: it lasts this long at most, in milliseconds. */
const EVENTS_BLOCK_MS = 1000;

/** A question that is asked while closing may never be answered, nor one to a queue that is away: in milliseconds. */
const CLOSE_MS = 1500;

/**
 * Waits until the events are listened to. Closed before, BullMQ 6.7 opens its listening connection to PostgreSQL after
 * it has closed the others, and keeps it for as long as the process lives.
 */
async function untilListening(events: object, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (events as { blocking?: boolean }).blocking !== true)
    await sleep(10, undefined, { signal }).catch(() => {});
}

/** A canceled job stops within 2 s, and then what it made is removed; in milliseconds. */
const CANCELING_MS = 5000;
const CANCELING_LOOK_MS = 100;

async function add<Payload extends object>(
  queue: Queue,
  { flags }: SideQueue,
  options: AddJobOptions<Payload>,
): Promise<AddedJob> {
  const { contract, payload, priority, beforeAdd } = options;
  const jobId = contract.jobId(payload);
  const earlier = (await queue.getJob(jobId)) as Job | undefined;
  if (earlier !== undefined) {
    const state = await untilCanceled(flags, earlier);
    if (!isFinished(state)) return { jobId, state: 'existing' };
    // A finished job keeps its id, and BullMQ silently ignores a second job of the same id.
    const turn = await beforeAdd?.(jobId);
    await flags.lower(jobId);
    return { jobId, state: (await requeue(earlier, state, options, turn)) ? 'requeued' : 'existing' };
  }
  const turn = await beforeAdd?.(jobId);
  const metadata = newMetadata();
  const data = newJobData(payload, metadata);
  await queue.add(contract.name, data, { jobId, ...jobOptions(contract.policy, priority, turn) });
  // Of two producers at once, BullMQ keeps the first one's job and tells neither.
  const kept = await queue.getJob(jobId);
  const isOurs = kept === undefined || readWorkerMetadata(kept.data).request === metadata.request;
  return { jobId, state: isOurs ? 'created' : 'existing' };
}

/**
 * The state of a job. One that is being canceled is about to end, and nobody is served by hearing that it exists: its
 * end is waited for, {@link CANCELING_MS} at most.
 */
async function untilCanceled(flags: CancelFlags, job: Job): Promise<string> {
  const start = performance.now();
  for (;;) {
    const state = await job.getState();
    const isEnding = !isFinished(state) && (await flags.isRaised(String(job.id), job.timestamp));
    if (!isEnding || performance.now() - start > CANCELING_MS) return state;
    await sleep(CANCELING_LOOK_MS);
  }
}

/** Runs a finished job again, from the start. Moving it is one step in the queue: of two producers, one does it. */
async function requeue<Payload extends object>(
  job: Job,
  state: string,
  { contract, payload, priority }: AddJobOptions<Payload>,
  turn: number | undefined,
): Promise<boolean> {
  await job.updateData(newJobData(payload));
  // Before it is moved: a worker may take it in that moment.
  await job.changePriority({ priority: jobOptions(contract.policy, priority, turn).priority });
  try {
    await job.retry(state as 'completed' | 'failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  } catch (error) {
    if (isFinished(await job.getState())) throw error;
    return false;
  }
  return true;
}

/**
 * Opens a producer's connection. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`, `config_invalid`.
 */
export async function openJobProducer(
  address: QueueAddress,
  { telemetry }: { readonly telemetry?: Telemetry | undefined } = {},
): Promise<JobProducer> {
  await assertQueueReachable(address, { waits: true });
  const backend = chooseBackend(address);
  const { classes, connection } = backend;
  const queue = await openQueue(backend, QUEUE_NAME, telemetry && { telemetry });
  const side = await openSideQueue(backend).catch(async (error: unknown) => {
    await queue.close();
    throw error;
  });
  const events = new classes.QueueEvents(QUEUE_NAME, { connection, autorun: false, blockingTimeout: EVENTS_BLOCK_MS });
  // BullMQ reconnects; without a listener the first lost connection would end the process.
  events.on('error', () => {});
  // Each wait listens; a server follows as many jobs as it has viewers.
  events.setMaxListeners(0);
  let eventsRun: Promise<void> | undefined;

  return {
    add: (options) => explained('The job was not added', () => add(queue, side, options)),
    cancel: (jobId) => explained('The job was not canceled', () => cancelJob({ queue, side, jobId })),
    wait: (jobId, options = {}) => {
      eventsRun ??= events.run().catch(() => {});
      return waitForJob({ queue, events, jobId, ...options });
    },
    close: async () => {
      const over = new AbortController();
      await withTimeout(CLOSE_MS, async () => {
        if (eventsRun !== undefined) await untilListening(events, over.signal);
        await events.close();
        await eventsRun;
      });
      over.abort();
      await withTimeout(CLOSE_MS, () => Promise.all([queue.close(), side.close()]));
    },
  };
}

async function explained<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof MediaError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new MediaError({ code: 'queue_failed', message: `${what}: ${words}.`, cause: error });
  }
}
