/** The queue as a dashboard of others reads it: BullMQ's own object, which nothing outside of this folder makes. */
import type { Queue } from 'bullmq';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { QUEUE_NAME } from './queue-names.ts';

export interface BoardQueue {
  readonly queue: Queue;
  /** @throws {MediaError} `queue_unreachable`. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens it; connects by itself, also again after the queue was away. The caller closes it. */
export function openBoardQueue(address: QueueAddress): BoardQueue {
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  // A lost connection comes back by itself; without a listener the first one would end the process.
  queue.on('error', () => {});
  return { queue, check: () => assertQueueReachable(address), close: () => queue.close() };
}
