/** One measurement: a number of workers with jobs for each, from the start of the first job to the end of the last. */
import { randomUUID } from 'node:crypto';
import { openQueueClient } from '@supabase-media/client';
import { type DoneJob, type StartWorkersOptions, startWorkers } from './start-workers.ts';

export interface MeasureScaleOptions extends StartWorkersOptions {
  /** Jobs for each worker. */
  readonly jobsEach: number;
}

export interface MeasuredScale {
  readonly jobsPerSecond: number;
  /** The share of the worker with the fewest jobs, relative to an even share. */
  readonly leastShare: number;
}

/** Rates and shares of finished jobs. Pure. */
export function judgeJobs(done: readonly DoneJob[], workers: number): MeasuredScale {
  const first = Math.min(...done.map(({ startedAt }) => startedAt));
  const last = Math.max(...done.map(({ endedAt }) => endedAt));
  const counts = new Map<number, number>();
  for (const { pid } of done) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  // A worker without jobs is not in the map.
  const least = counts.size < workers ? 0 : Math.min(...counts.values());
  return { jobsPerSecond: (done.length * 1000) / (last - first), leastShare: (least * workers) / done.length };
}

/** Measures once. The queue must be empty and not shared. */
export async function measureScale(options: MeasureScaleOptions): Promise<MeasuredScale> {
  const jobs = options.count * options.jobsEach;
  const client = openQueueClient({ ...options.address, rows: 'elsewhere' });
  try {
    const workers = await startWorkers(options);
    try {
      const finished = workers.takeDone(jobs);
      // Handled below: adding may fail first.
      finished.catch(() => {});
      await Promise.all(
        Array.from({ length: jobs }, () =>
          client.enqueueVideo({
            ownerId: null,
            source: { bucket: 'project-videos', path: `scale/${randomUUID()}.mp4` },
          }),
        ),
      );
      return judgeJobs(await finished, options.count);
    } finally {
      await workers.stop();
    }
  } finally {
    await client.close();
  }
}
