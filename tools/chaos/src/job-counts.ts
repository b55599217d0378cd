/** The jobs of a run, as the queue reports them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';

export interface JobAccount {
  readonly counts: Readonly<Record<string, number>>;
  /** The attempts of all jobs beyond the first. */
  readonly attemptsSpent: number;
  readonly failures: readonly string[];
}

interface JobLike {
  readonly attemptsMade: number;
  readonly failedReason?: string | null | undefined;
  readonly returnvalue: unknown;
}

/** Reads the jobs when all have ended, at the latest after `settleMs` milliseconds. */
export async function readJobs(
  address: QueueAddress,
  videoIds: readonly string[],
  settleMs: number,
): Promise<JobAccount> {
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection });
  queue.on('error', () => {});
  try {
    const end = Date.now() + settleMs;
    let counts = await queue.getJobCounts();
    while ((counts.completed ?? 0) + (counts.failed ?? 0) < videoIds.length && Date.now() < end) {
      await sleep(200);
      counts = await queue.getJobCounts();
    }
    const jobs = await Promise.all(videoIds.map((id) => queue.getJob(`video-${id}`) as Promise<JobLike | undefined>));
    return {
      counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      // A completed job needs one attempt.
      attemptsSpent: jobs.reduce((sum, job) => sum + Math.max(0, (job?.attemptsMade ?? 1) - 1), 0),
      failures: jobs.flatMap((job, index) => {
        if (job === undefined) return [`job video-${videoIds[index]} is missing`];
        // A completed job keeps the reason why an earlier attempt failed.
        return job.failedReason && job.returnvalue === null
          ? [`job video-${videoIds[index]}: ${job.failedReason}`]
          : [];
      }),
    };
  } finally {
    await queue.close();
  }
}
