/** Looks once a second whether running jobs were canceled: by a request in the queue, or in the videos' own rows. */
import { setInterval as everyInterval } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { CancelFlags } from './cancel-flags.ts';

/** A job that runs in this process. */
export interface RunningJob {
  readonly jobId: string;
  readonly videoId: string;
  /** When the job was made, in milliseconds since the epoch. */
  readonly createdAtMs: number;
  readonly controller: AbortController;
  /** Whether the video was seen to have a row since the run began. */
  rowSeen: boolean;
  /** The queue has just renewed the claim on it. */
  readonly lockRenewed: () => void;
  /** How long ago that was, in milliseconds. */
  readonly sinceLockMs: () => number;
}

/** The status of each of these videos that has a row. */
export type FindStatuses = (videoIds: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;

export interface WatchCancelsOptions {
  readonly running: ReadonlyMap<string, RunningJob>;
  readonly flags: CancelFlags;
  readonly findStatuses?: FindStatuses | undefined;
  readonly log: Log;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** A canceled job is to stop within 2 s wherever it runs; in milliseconds. */
const LOOK_EVERY_MS = 1000;

const canceled = (by: string) => new MediaError({ code: 'canceled', message: `The video was canceled (${by}).` });

/** Watches until the signal ends it. Never throws: what cannot be asked now is asked again a second later. */
export async function watchCancels(options: WatchCancelsOptions): Promise<void> {
  const { running, signal, log } = options;
  try {
    for await (const _ of everyInterval(LOOK_EVERY_MS, undefined, { signal, ref: false })) {
      const jobs = [...running.values()].filter(({ controller }) => !controller.signal.aborted);
      if (jobs.length === 0) continue;
      await Promise.all([lookAtFlags(options, jobs), lookAtRows(options, jobs)]).catch((err: unknown) =>
        log.debug({ err }, 'Could not look whether jobs were canceled'),
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function lookAtFlags({ flags }: WatchCancelsOptions, jobs: readonly RunningJob[]): Promise<void> {
  for (const { jobId, createdAtMs, controller } of jobs)
    if (await flags.isRaised(jobId, createdAtMs)) controller.abort(canceled('by request to the queue'));
}

async function lookAtRows({ findStatuses, signal }: WatchCancelsOptions, jobs: readonly RunningJob[]): Promise<void> {
  if (findStatuses === undefined) return;
  const statuses = await findStatuses([...new Set(jobs.map(({ videoId }) => videoId))], signal);
  for (const job of jobs) {
    const status = statuses.get(job.videoId);
    if (status === 'canceled') job.controller.abort(canceled('in its row'));
    // A producer need not write a row: the run does so itself, and only from then on it can go.
    else if (status === undefined && job.rowSeen) job.controller.abort(canceled('its row is gone'));
    else if (status !== undefined) job.rowSeen = true;
  }
}
