/** Waiting for a job: events wake it at once, and it looks at the job itself, so that a lost event costs seconds. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { abortedError } from '@supabase-media/core/retry';

const LOOK_EVERY_MS = 2000;

interface JobLike {
  readonly returnvalue: unknown;
  readonly failedReason?: string | undefined;
  readonly getState: () => Promise<string>;
}

/** What is needed of BullMQ's Queue and QueueEvents. */
export interface WaitForJobOptions<Progress> {
  readonly queue: { readonly getJob: (jobId: string) => Promise<unknown> };
  readonly events: NodeJS.EventEmitter;
  readonly jobId: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Resolves with the job's result.
 *
 * @throws {MediaError} `job_failed`, `job_missing`, or `aborted`.
 */
export async function waitForJob<Progress>(options: WaitForJobOptions<Progress>): Promise<unknown> {
  const { queue, events, jobId, signal } = options;
  const onProgress = (event: { jobId: string; data: unknown }) => {
    if (event.jobId === jobId) options.onProgress?.(event.data as Progress);
  };
  events.on('progress', onProgress);
  try {
    for (;;) {
      if (signal?.aborted) throw abortedError(signal);
      const round = new AbortController();
      const wakened = AbortSignal.any(signal ? [signal, round.signal] : [round.signal]);
      const woken = ['completed', 'failed'].map((name) => once(events, name, { signal: wakened }).catch(() => {}));
      const ended = await readResult(queue, jobId);
      if (ended !== undefined) {
        round.abort();
        return ended.result;
      }
      await Promise.race([...woken, sleep(LOOK_EVERY_MS, undefined, { signal: wakened }).catch(() => {})]);
      round.abort();
    }
  } finally {
    events.off('progress', onProgress);
  }
}

/** The result of a completed job; undefined while it waits or runs. */
async function readResult(
  queue: WaitForJobOptions<never>['queue'],
  jobId: string,
): Promise<{ readonly result: unknown } | undefined> {
  const find = async (): Promise<JobLike> => {
    const job = (await queue.getJob(jobId)) as JobLike | undefined;
    if (job !== undefined) return job;
    throw new MediaError({ code: 'job_missing', message: `There is no job ${jobId} in the queue any more.` });
  };
  const state = await (await find()).getState();
  if (state !== 'completed' && state !== 'failed') return undefined;
  // Read again: what was read before its end knows nothing of it.
  const job = await find();
  if (state === 'completed') return { result: job.returnvalue };
  throw new MediaError({ code: 'job_failed', message: job.failedReason ?? `The job ${jobId} failed.` });
}
