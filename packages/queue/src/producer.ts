/** The producer's side of the queue, for jobs of any type: add a job once, wait for it, cancel it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { withTimeout } from '@supabase-media/core/with-timeout';
import type { Telemetry } from 'bullmq';
import { type AddedJob, type AddJobOptions, addJob } from './add-job.ts';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { type CanceledJobState, cancelJob } from './cancel-job.ts';
import { openQueue } from './open-queue.ts';
import { QUEUE_NAME } from './queue-names.ts';
import { openSideQueue } from './side-queue.ts';
import { waitForJob } from './wait.ts';

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
    add: (options) => explained('The job was not added', () => addJob(queue, side, options)),
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
