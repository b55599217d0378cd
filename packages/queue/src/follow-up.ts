/** Adds the jobs that follow from the end of another one. */
import type { Queue } from 'bullmq';
import type { JobCatalog } from './catalog.ts';
import type { JobEnd } from './job-end.ts';
import { jobOptions } from './policy.ts';
import { newJobData } from './worker-metadata.ts';

/** Asks every type in the catalog what follows, and adds it. */
export type FollowUp = (end: JobEnd) => Promise<void>;

/**
 * Makes it. A job whose id is in the queue already is not added again, so the same end may be told more than once.
 *
 * @throws what the queue answers.
 */
export const createFollowUp =
  (queue: Queue, { types }: JobCatalog): FollowUp =>
  async (end) => {
    for (const type of types)
      for (const payload of type.follow?.(end) ?? []) {
        const data = newJobData(payload);
        await queue.add(type.name, data, { jobId: type.jobId(payload), ...jobOptions(type.policy) });
      }
  };
