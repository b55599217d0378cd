/**
 * Requests to cancel a running job, wherever it runs. A request is a job of a queue that nobody works: it has the same
 * id as the job it is for, outlives every process, and is removed when that job ends.
 */
import type { Queue } from 'bullmq';

/** The requests on one queue. */
export interface CancelFlags {
  readonly raise: (jobId: string) => Promise<void>;
  /** @param sinceMs when the job was made, in milliseconds since the epoch: a request that came too late for an earlier one is none. */
  readonly isRaised: (jobId: string, sinceMs: number) => Promise<boolean>;
  readonly lower: (jobId: string) => Promise<void>;
}

/** The requests that stand in a queue of their own. */
export const cancelFlags = (queue: Queue): CancelFlags => ({
  raise: async (jobId) => {
    await queue.add('cancel', {}, { jobId });
  },
  isRaised: async (jobId, sinceMs) => ((await queue.getJob(jobId))?.timestamp ?? 0) >= sinceMs,
  lower: async (jobId) => {
    await queue.remove(jobId);
  },
});
