/** One of BullMQ's queues, connected. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { Queue, QueueOptions } from 'bullmq';
import { type QueueBackend, wordsOf } from './backend.ts';
import { FULL_WAIT_MS } from './postgres/shared-pool.ts';

/** A queue that was reachable a moment ago answers within this, in milliseconds; a PostgreSQL may have to be waited for. */
const READY_MS = { redis: 10_000, postgres: FULL_WAIT_MS + 10_000 };

/** What could not be opened is closed within this, in milliseconds, or ends with the process. */
const CLOSE_MS = 10_000;

/**
 * Opens a queue and waits until it is connected. One whose first connection fails is closed, and the caller opens another.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function openQueue(
  { kind, classes, connection, place }: QueueBackend,
  name: string,
  options: Pick<QueueOptions, 'telemetry'> = {},
): Promise<Queue> {
  const queue = new classes.Queue(name, { connection, ...options }) as unknown as Queue;
  // BullMQ reconnects; without a listener the first lost connection would end the process.
  queue.on('error', () => {});
  const readyMs = READY_MS[kind];
  const over = new AbortController();
  const late = sleep(readyMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${readyMs / 1000} s`);
  });
  late.catch(() => {});
  try {
    await Promise.race([queue.waitUntilReady(), late]);
    return queue;
  } catch (cause) {
    await Promise.race([queue.close(), sleep(CLOSE_MS, undefined, { ref: false })]).catch(() => {});
    throw new MediaError({
      code: 'queue_unreachable',
      message: `The queue (${place}) cannot be reached: ${wordsOf(cause)}.`,
      cause,
    });
  } finally {
    over.abort();
  }
}
