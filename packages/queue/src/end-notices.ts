/**
 * Notices of jobs that a producer removed before any worker ran them. Which jobs follow from an end is known to workers
 * only: they have the catalog and its settings. So the producer leaves a notice, and any worker turns it into them.
 *
 * A notice stands beside the requests to cancel, in the queue that nobody works, so it needs no free worker. It is left
 * before the job is removed and withdrawn when that fails: a producer that dies in between leaves a notice of a job that
 * still stands in the queue, which workers recognize and drop after a while.
 */
import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import { PRIORITIES } from './policy.ts';

const notice = z.object({
  type: z.string(),
  jobId: z.string(),
  request: z.string(),
  payload: z.looseObject({}),
  /** When the job was made, in milliseconds since the epoch: tells it from a later one of the same id. */
  addedAt: z.number(),
});

export type EndNotice = z.infer<typeof notice>;

/** A notice as it was found. */
export interface LeftNotice {
  readonly id: string;
  /** Undefined for one that cannot be read. */
  readonly notice: EndNotice | undefined;
  /** Milliseconds since the epoch. */
  readonly leftAt: number;
}

export interface EndNotices {
  /** @returns the notice's id. */
  readonly leave: (notice: EndNotice) => Promise<string>;
  /** The oldest ones. */
  readonly list: () => Promise<readonly LeftNotice[]>;
  readonly remove: (id: string) => Promise<void>;
}

const NOTICE = 'ended';

/** Read at a time. */
const LISTED = 50;

/** The notices that stand in a queue. A priority keeps them apart from the requests to cancel, which have none. */
export const endNotices = (queue: Queue): EndNotices => ({
  leave: async (left) => {
    const jobId = `${NOTICE}-${left.jobId}-${left.request}`;
    await queue.add(NOTICE, left, { jobId, priority: PRIORITIES.normal });
    return jobId;
  },
  list: async () => {
    const jobs = (await queue.getJobs(['prioritized'], 0, LISTED - 1, true)) as (Job | undefined)[];
    return jobs.flatMap((job) =>
      job === undefined ? [] : [{ id: String(job.id), notice: notice.safeParse(job.data).data, leftAt: job.timestamp }],
    );
  },
  remove: async (id) => {
    await queue.remove(id);
  },
});
