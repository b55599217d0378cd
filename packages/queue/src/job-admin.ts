/** The queue as its operator sees it: what is in it, and the two things that may be done to a job by hand. */

import { MediaError } from '@supabase-media/core/errors';
import type { Job, JobType, Queue } from 'bullmq';
import { z } from 'zod';
import { assertQueueReachable, chooseBackend, type QueueAddress } from './backend.ts';
import { isFinished } from './job-states.ts';
import { PRIORITIES, priorityOf } from './policy.ts';
import { QUEUE_NAME } from './queue-names.ts';
import { newJobData, readProducerData, readWorkerMetadata } from './worker-metadata.ts';

/** What a worker reports. Whoever can write to the queue can write anything; it is shown on a terminal. */
const shownProgress = z.object({
  step: z
    .string()
    .regex(/^[\w-]{1,100}$/)
    .optional(),
  percent: z.number().min(0).max(100).optional(),
});

/** The states that a list may ask for; `waiting` has those with a priority in it. */
export const LISTED_STATES = ['active', 'waiting', 'delayed', 'failed', 'completed'] as const;

export type ListedState = (typeof LISTED_STATES)[number];

/** One job, as it is listed. */
export interface JobSummary {
  readonly jobId: string;
  /** The name of its type. */
  readonly type: string;
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** Tries that failed. */
  readonly attemptsMade: number;
  readonly starts: number;
  readonly step: string | undefined;
  readonly percent: number | undefined;
  /** The worker that has it, or had it last: host and process. */
  readonly worker: string | undefined;
  readonly failure: string | undefined;
}

/** All that is known of a job. */
export interface JobDetails extends JobSummary {
  readonly data: unknown;
  readonly checkpoint: unknown;
  readonly result: unknown;
}

/** The operator's connection to the queue. */
export interface JobAdmin {
  readonly count: () => Promise<Readonly<Record<ListedState, number>>>;
  /** @param limit at most this many of each state, from 1. */
  readonly list: (states: readonly ListedState[], limit: number) => Promise<JobSummary[]>;
  /** @throws {MediaError} `job_missing`. */
  readonly show: (jobId: string) => Promise<JobDetails>;
  /**
   * Runs a finished job again, from the start.
   *
   * @throws {MediaError} `job_missing`; `invalid_argument` for a job that waits or runs.
   */
  readonly retry: (jobId: string) => Promise<void>;
  /**
   * Takes a job that does not run out of the queue. Its row and its files stay.
   *
   * @throws {MediaError} `job_missing`; `invalid_argument` for a job that runs.
   */
  readonly remove: (jobId: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const TYPES: Readonly<Record<ListedState, readonly JobType[]>> = {
  active: ['active', 'waiting-children'],
  waiting: ['waiting', 'prioritized'],
  delayed: ['delayed'],
  failed: ['failed'],
  completed: ['completed'],
};

/**
 * Opens the connection. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`, `config_invalid`.
 */
export async function openJobAdmin(address: QueueAddress): Promise<JobAdmin> {
  await assertQueueReachable(address, { waits: true });
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  queue.on('error', () => {});
  const find = async (jobId: string): Promise<Job> => {
    const job = (await queue.getJob(jobId)) as Job | undefined;
    if (job !== undefined) return job;
    throw new MediaError({ code: 'job_missing', message: `There is no job ${jobId} in the queue.` });
  };
  return {
    count: async () => {
      const counts = await queue.getJobCounts();
      const sum = (types: readonly JobType[]) => types.reduce((total, type) => total + (counts[type] ?? 0), 0);
      const entries = LISTED_STATES.map((state) => [state, sum(TYPES[state])]);
      return Object.fromEntries(entries) as Record<ListedState, number>;
    },
    list: async (states, limit) => {
      const lists = await Promise.all(
        states.map(async (state) => {
          const jobs = (await queue.getJobs([...TYPES[state]], 0, limit - 1, !isFinished(state))) as (
            | Job
            | undefined
          )[];
          return jobs.flatMap((job) => (job === undefined ? [] : [summarize(job, state)])).slice(0, limit);
        }),
      );
      return lists.flat();
    },
    show: async (jobId) => {
      const job = await find(jobId);
      const data = readProducerData(job.data);
      const { checkpoint } = readWorkerMetadata(job.data);
      return { ...summarize(job, await job.getState()), data, checkpoint, result: job.returnvalue ?? undefined };
    },
    retry: async (jobId) => {
      const job = await find(jobId);
      const state = await job.getState();
      if (state !== 'completed' && state !== 'failed')
        throw notNow(`${jobId} is ${state}; only ended jobs can be run again`);
      await job.updateData(newJobData(readProducerData(job.data) as object));
      // The turn it had is of another day; the worker that takes it asks for one.
      await job.changePriority({ priority: PRIORITIES[priorityOf(job.priority)] });
      await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
    },
    remove: async (jobId) => {
      const job = await find(jobId);
      if (['active', 'waiting-children'].includes(await job.getState()))
        throw notNow(`${jobId} runs; \`media cancel\` stops it`);
      await job.remove();
    },
    close: () => queue.close(),
  };
}

const notNow = (why: string) => new MediaError({ code: 'invalid_argument', message: `Job ${why}.` });

function summarize(job: Job, state: string): JobSummary {
  const { step, percent } = shownProgress.safeParse(job.progress).data ?? {};
  return {
    jobId: String(job.id),
    type: job.name,
    state,
    addedAt: job.timestamp,
    startedAt: job.processedOn ?? undefined,
    finishedAt: job.finishedOn ?? undefined,
    attemptsMade: job.attemptsMade,
    starts: job.attemptsStarted,
    step,
    percent,
    worker: job.processedBy ?? undefined,
    failure: job.failedReason || undefined,
  };
}
