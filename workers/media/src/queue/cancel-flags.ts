/**
 * Requests to cancel a running job, wherever it runs. A request is a job of a queue that nobody works: it has the same
 * id as the job it is for, outlives every process, and is taken away when that job ends.
 */
import type { Queue } from 'bullmq';
import type { QueueBackend } from './backend.ts';

/** The queue of requests to cancel. */
export const CANCEL_QUEUE_NAME = 'media-cancel';

/** The requests on one queue. */
export interface CancelFlags {
  readonly raise: (jobId: string) => Promise<void>;
  /** @param sinceMs when the job was made, in milliseconds since the epoch: a request that came too late for an earlier one is none. */
  readonly isRaised: (jobId: string, sinceMs: number) => Promise<boolean>;
  readonly lower: (jobId: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens the requests; connects when they are first used. */
export function openCancelFlags({ classes, connection }: QueueBackend): CancelFlags {
  const queue = new classes.Queue(CANCEL_QUEUE_NAME, { connection }) as unknown as Queue;
  // A lost connection comes back by itself; without a listener the first one would end the process.
  queue.on('error', () => {});
  return {
    raise: async (jobId) => {
      await queue.add('cancel', {}, { jobId });
    },
    isRaised: async (jobId, sinceMs) => ((await queue.getJob(jobId))?.timestamp ?? 0) >= sinceMs,
    lower: async (jobId) => {
      await queue.remove(jobId);
    },
    close: () => queue.close(),
  };
}
