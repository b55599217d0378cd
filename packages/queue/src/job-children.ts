/**
 * Jobs that another one waits for, as a flow of BullMQ: while they are worked on, the job that waits takes no place of any
 * worker. It is run again when all of them have ended, however they did.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import { cancelJob } from './cancel-job.ts';
import { isFinished } from './job-states.ts';
import type { ChildState, JobChildren } from './job-type.ts';
import { findLive, idOf } from './live-children.ts';
import { jobOptions, laterTurn } from './policy.ts';
import type { SideQueue } from './side-queue.ts';
import { newJobData } from './worker-metadata.ts';

/** A canceled job stops within 2 s; in milliseconds. */
const ENDING_MS = 30_000;
const LOOK_EVERY_MS = 250;

/** The jobs that this one waits for. Throws what the queue answers. */
export function childrenOf(
  job: Job,
  { queue, side }: { readonly queue: Queue; readonly side: SideQueue },
): JobChildren {
  return {
    countIdleWorkers: async () => {
      try {
        const [workers, counts] = await Promise.all([
          queue.getWorkersCount(),
          queue.getJobCounts('active', 'waiting', 'prioritized'),
        ]);
        const { active = 0, waiting = 0, prioritized = 0 } = counts;
        return waiting + prioritized > 0 ? 0 : Math.max(0, workers - active);
      } catch {
        // Hosted servers forbid to list clients.
        return 0;
      }
    },
    add: async (contract, payloads) => {
      for (const [index, payload] of payloads.entries()) {
        const jobId = contract.jobId(payload);
        if ((await queue.getJob(jobId)) !== undefined) continue;
        await queue.add(contract.name, newJobData(payload), {
          ...jobOptions(contract.policy, undefined, laterTurn(job.priority, index + 1)),
          jobId,
          parent: { id: String(job.id), queue: job.queueQualifiedName },
          ignoreDependencyOnFailure: true,
        });
      }
    },
    read: async (jobIds) => {
      const byId = (values: Readonly<Record<string, unknown>>) =>
        new Map(Object.entries(values).map(([key, value]) => [idOf(key), value]));
      const [results, failures] = await Promise.all([
        job.getChildrenValues<unknown>().then(byId),
        job.getIgnoredChildrenFailures().then(byId),
      ]);
      return Promise.all(
        jobIds.map(async (jobId): Promise<ChildState> => {
          if (results.has(jobId)) return { state: 'done', result: results.get(jobId) };
          if (failures.has(jobId)) return { state: 'failed', why: String(failures.get(jobId)) };
          const state = await queue.getJobState(jobId);
          if (state === 'failed') return { state: 'failed', why: 'it failed' };
          return { state: state === 'unknown' || isFinished(state) ? 'missing' : 'live' };
        }),
      );
    },
    end: async () => {
      const started = performance.now();
      for (;;) {
        const live = await findLive(job);
        if (live.length === 0) return;
        for (const jobId of live) await cancelJob({ queue, side, jobId });
        if (performance.now() - started > ENDING_MS) return;
        await sleep(LOOK_EVERY_MS);
      }
    },
  };
}
