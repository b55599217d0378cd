/** The queue as a third-party dashboard reads it: BullMQ's own object, which nothing outside of this package makes. */
import type { Queue } from 'bullmq';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { QUEUE_NAME } from './queue-names.ts';

export interface BoardQueue {
  readonly queue: Queue;
  /** @throws {MediaError} `queue_unreachable`. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens it; connects and reconnects automatically. The caller closes it. */
export function openBoardQueue(address: QueueAddress): BoardQueue {
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  // BullMQ reconnects; without a listener the first lost connection would end the process.
  queue.on('error', () => {});
  return { queue, check: () => assertQueueReachable(address), close: () => queue.close() };
}
