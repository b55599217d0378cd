/** How full the queue is, how old its oldest job, how many workers are there: for metrics. */
import type { Job, Queue } from 'bullmq';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { QUEUE_NAME } from './queue-names.ts';

/** The queue at one moment. */
export interface QueueState {
  readonly jobs: {
    readonly active: number;
    readonly delayed: number;
    readonly failed: number;
    readonly prioritized: number;
    readonly waiting: number;
  };
  /** 0 when none waits. */
  readonly oldestWaitingSeconds: number;
  readonly workers: number;
}

export interface QueueInspector {
  /** @throws when the queue does not answer within seconds. */
  readonly read: () => Promise<QueueState>;
  readonly close: () => Promise<void>;
}

/** Jobs with a priority are kept in its order, not by age: so many of the first are looked at. */
const PRIORITIZED_LOOKED_AT = 100;

const READ_TIMEOUT_MS = 4000;

async function readState(queue: Queue): Promise<QueueState> {
  const [counts, waiting, prioritized, workers] = await Promise.all([
    queue.getJobCounts('active', 'delayed', 'failed', 'prioritized', 'waiting'),
    queue.getJobs(['waiting'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, PRIORITIZED_LOOKED_AT - 1, true),
    queue.getWorkersCount(),
  ]);
  // A job may be taken between two questions: then there is no such entry.
  const added = ([...waiting, ...prioritized] as (Job | undefined)[]).flatMap((job) => job?.timestamp ?? []);
  const { active = 0, delayed = 0, failed = 0, prioritized: withPriority = 0, waiting: inOrder = 0 } = counts;
  return {
    jobs: { active, delayed, failed, prioritized: withPriority, waiting: inOrder },
    oldestWaitingSeconds: added.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...added)) / 1000),
    workers,
  };
}

/**
 * Opens a connection that only looks. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function openQueueInspector(address: QueueAddress): Promise<QueueInspector> {
  await assertQueueReachable(address, { waits: true });
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  // BullMQ reconnects; without a listener the first lost connection would end the process.
  queue.on('error', () => {});
  await queue.waitUntilReady();
  return {
    read: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the queue did not answer in time')), READ_TIMEOUT_MS);
      });
      return await Promise.race([readState(queue), late]).finally(() => clearTimeout(timer));
    },
    close: () => queue.close(),
  };
}
