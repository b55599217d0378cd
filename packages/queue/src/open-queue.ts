/** One of BullMQ's queues, connected. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { Queue, QueueOptions } from 'bullmq';
import { type QueueBackend, wordsOf } from './backend.ts';

/** A queue that was reachable a moment ago answers within this, in milliseconds. */
const READY_MS = 10_000;

/**
 * Opens a queue and waits until it is connected. On PostgreSQL a BullMQ object whose first connection fails ("too many
 * clients") fails for as long as it lives; so it is closed, and the caller opens another.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function openQueue(
  { classes, connection, place }: QueueBackend,
  name: string,
  options: Pick<QueueOptions, 'telemetry'> = {},
): Promise<Queue> {
  const queue = new classes.Queue(name, { connection, ...options }) as unknown as Queue;
  // BullMQ reconnects; without a listener the first lost connection would end the process.
  queue.on('error', () => {});
  const over = new AbortController();
  const late = sleep(READY_MS, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${READY_MS / 1000} s`);
  });
  late.catch(() => {});
  try {
    await Promise.race([queue.waitUntilReady(), late]);
    return queue;
  } catch (cause) {
    await Promise.race([queue.close(), sleep(READY_MS, undefined, { ref: false })]).catch(() => {});
    throw new MediaError({
      code: 'queue_unreachable',
      message: `The queue (${place}) cannot be reached: ${wordsOf(cause)}.`,
      cause,
    });
  } finally {
    over.abort();
  }
}
