/**
 * Ends the runs whose jobs may be another worker's by now: the queue said so, or it has not renewed their locks for as
 * long as a lock lasts. A half-open connection answers nothing, and the other worker begins all the same.
 */
import { setInterval as everyInterval } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { JobRecorder } from './job-recorder.ts';
import type { RunningJob } from './running-job.ts';

/** The reason of a job that may be another worker's by now. */
export const lockLost = (): MediaError =>
  new MediaError({ code: 'lock_lost', message: 'The lock on the job was lost; another worker may have taken it.' });

/** What BullMQ's worker tells of its locks. */
interface LeaseEvents {
  on(event: 'locksRenewed', listener: (renewed: { readonly jobIds: readonly string[] }) => void): unknown;
  on(event: 'lockRenewalFailed', listener: (jobIds: readonly string[]) => void): unknown;
}

export interface WatchLocksOptions {
  readonly worker: LeaseEvents;
  readonly running: ReadonlyMap<string, RunningJob>;
  /** How long a lock lasts, in milliseconds. */
  readonly lockMs: number;
  readonly metrics: Pick<JobRecorder, 'lockLost'>;
  readonly log: Log;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** An expired lock is noticed within this, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** Watches until the signal ends it. */
export async function watchLocks(options: WatchLocksOptions): Promise<void> {
  const { worker, running, lockMs, metrics, log, signal } = options;
  const drop = (job: RunningJob | undefined, why: string) => {
    if (job === undefined || job.controller.signal.aborted) return;
    log.warn({ event: 'job.lock_lost', jobId: job.jobId }, `The lock on a job was lost (${why}); its run here stops`);
    metrics.lockLost();
    job.controller.abort(lockLost());
  };
  worker.on('locksRenewed', ({ jobIds }) => {
    for (const jobId of jobIds) running.get(jobId)?.lockRenewed();
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) drop(running.get(jobId), 'the queue has given it to another worker');
  });
  try {
    for await (const _ of everyInterval(LOOK_EVERY_MS, undefined, { signal, ref: false }))
      for (const job of running.values())
        if (job.sinceLockMs() > lockMs) drop(job, `the queue has not answered for ${lockMs / 1000} s`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
