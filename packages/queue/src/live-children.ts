/** The children of a job that wait or run. */
import type { Job } from 'bullmq';

/** More than any job has. */
const MOST_CHILDREN = 10_000;

/** BullMQ names a job by its queue and its id, in which there is no `:`. */
export const idOf = (key: string): string => key.slice(key.lastIndexOf(':') + 1);

/** The ids of the children that have not ended. */
export async function findLive(job: Job): Promise<string[]> {
  const { unprocessed = [] } = await job.getDependencies({ unprocessed: { count: MOST_CHILDREN } });
  return unprocessed.map(idOf);
}
