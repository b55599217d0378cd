/** Records what became of jobs that ended without their handler: it was never called, or could not be told. */

import { MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { retry } from '@supabase-media/core/retry';
import type { Job } from 'bullmq';
import type { CancelFlags } from './cancel-flags.ts';
import { videoProcessPayload } from './contract.ts';
import { abandoned, type VideoHandlers } from './job-runner.ts';
import { readProducerData, readWorkerMetadata } from './worker-metadata.ts';

/** What BullMQ's worker tells of failures. */
interface FailureEvents {
  on(event: 'failed', listener: (job: Job | undefined, thrown: Error) => void): unknown;
}

export interface FinalizeOrphanedJobsOptions {
  readonly worker: FailureEvents;
  readonly handlers: Pick<VideoHandlers, 'fail' | 'wait'>;
  readonly flags: Pick<CancelFlags, 'lower'>;
  /** Of what was thrown, what the handler was told of already. */
  readonly recorded: WeakSet<Error>;
  /** Told of all work that is begun here. */
  readonly keepBusy: (work: Promise<void>) => void;
  readonly log: Log;
  /** Ends what is tried again. */
  readonly signal: AbortSignal;
}

/** Such a job ends only once, so it is tried for some twenty minutes. */
const RETRIES = 10;

/** Listens for as long as the worker lives. */
export function finalizeOrphanedJobs(options: FinalizeOrphanedJobsOptions): void {
  const { worker, handlers, flags, recorded, keepBusy, log, signal } = options;

  const record = async (job: Job, thrown: Error): Promise<void> => {
    const payload = videoProcessPayload.safeParse(readProducerData(job.data));
    if (!payload.success) return;
    const error = causeOf(thrown);
    if (job.finishedOn === undefined) return handlers.wait(payload.data, error);
    await handlers.fail(payload.data, error, {
      jobId: String(job.id),
      checkpoint: readWorkerMetadata(job.data).checkpoint,
    });
  };

  const settle = async (job: Job, thrown: Error): Promise<void> => {
    const jobId = String(job.id);
    if (!recorded.has(thrown))
      await retry(() => record(job, thrown), { retries: RETRIES, signal }).catch((err: unknown) =>
        log.error({ err, jobId }, 'The outcome could not be recorded'),
      );
    // A request to cancel that came too late must not meet a later job of the same video.
    if (job.finishedOn !== undefined)
      await flags
        .lower(jobId)
        .catch((err: unknown) => log.debug({ err, jobId }, 'A request to cancel could not be removed'));
  };

  worker.on('failed', (job, thrown) => {
    if (job !== undefined) keepBusy(settle(job, thrown));
  });
}

function causeOf(thrown: Error): MediaError {
  if (thrown instanceof MediaError) return thrown;
  if (thrown.cause instanceof MediaError) return thrown.cause;
  if (/stalled|more than allowable limit/.test(thrown.message)) return abandoned(thrown.message);
  return toMediaError(thrown);
}
