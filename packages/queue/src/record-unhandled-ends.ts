/** Records what became of jobs that ended without their handler: it was never called, or could not be told. */

import { MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { retry } from '@supabase-media/core/retry';
import type { Job } from 'bullmq';
import type { CancelFlags } from './cancel-flags.ts';
import type { JobCatalog, KnownJob } from './catalog.ts';
import { endOf } from './end-of.ts';
import type { FollowUp } from './follow-up.ts';
import { abandoned } from './job-runner.ts';
import type { JobChildren } from './job-type.ts';
import { type MetadataSeal, readGenuineMetadata } from './worker-metadata.ts';

/** What BullMQ's worker tells of failures. */
interface FailureEvents {
  on(event: 'failed', listener: (job: Job | undefined, thrown: Error) => void): unknown;
}

export interface RecordUnhandledEndsOptions {
  readonly worker: FailureEvents;
  readonly catalog: JobCatalog;
  readonly seal: MetadataSeal;
  readonly followUp: FollowUp;
  readonly flags: Pick<CancelFlags, 'lower'>;
  readonly childrenOf: (job: Job) => JobChildren;
  readonly cancel: (jobId: string) => Promise<unknown>;
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
export function recordUnhandledEnds(options: RecordUnhandledEndsOptions): void {
  const { worker, catalog, seal, followUp, flags, childrenOf, cancel, recorded, keepBusy, log, signal } = options;

  const record = async (job: Job, thrown: Error): Promise<void> => {
    const known = readKnown(catalog, job);
    if (known === undefined) return;
    const { type, payload } = known;
    const error = causeOf(thrown);
    if (job.finishedOn === undefined) return type.handlers.wait(payload, error);
    const { checkpoint } = readGenuineMetadata(job, payload, seal);
    if (
      await type.handlers.fail(payload, error, { jobId: String(job.id), checkpoint, children: childrenOf(job), cancel })
    )
      await followUp(endOf(job, payload, { error }));
  };

  const settle = async (job: Job, thrown: Error): Promise<void> => {
    const jobId = String(job.id);
    if (!recorded.has(thrown))
      await retry(() => record(job, thrown), { retries: RETRIES, signal }).catch((err: unknown) =>
        log.error({ err, jobId }, 'The outcome could not be recorded'),
      );
    // A request to cancel that came too late must not meet a later job of the same id.
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

/** Undefined for a job that was refused: nobody works for it. */
function readKnown(catalog: JobCatalog, job: Job): KnownJob | undefined {
  try {
    return catalog.read(job);
  } catch {
    return undefined;
  }
}
