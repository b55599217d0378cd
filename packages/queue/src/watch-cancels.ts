/** Looks once a second whether running jobs were canceled: by a request in the queue, or in the rows they work for. */
import { setInterval as everyInterval } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { CancelFlags } from './cancel-flags.ts';
import type { JobRow } from './job-type.ts';
import type { RunningJob } from './running-job.ts';

export interface WatchCancelsOptions {
  readonly running: ReadonlyMap<string, RunningJob>;
  readonly flags: CancelFlags;
  readonly log: Log;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** A canceled job is to stop within 2 s wherever it runs; in milliseconds. */
const LOOK_EVERY_MS = 1000;

const canceled = (by: string) => new MediaError({ code: 'canceled', message: `The job was canceled (${by}).` });

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

async function lookAtRows({ signal }: WatchCancelsOptions, jobs: readonly RunningJob[]): Promise<void> {
  const rows = new Set(jobs.flatMap(({ type }) => type.row ?? []));
  for (const row of rows)
    await lookAtRowsOf(
      row,
      jobs.filter(({ type }) => type.row === row),
      signal,
    );
}

async function lookAtRowsOf(row: JobRow<object>, jobs: readonly RunningJob[], signal: AbortSignal): Promise<void> {
  const idOf = ({ payload }: RunningJob) => row.idOf(payload);
  const statuses = await row.findStatuses([...new Set(jobs.map(idOf))], signal);
  for (const job of jobs) {
    const status = statuses.get(idOf(job));
    if (status === 'canceled') job.controller.abort(canceled('in its row'));
    // A producer need not write a row: the run does so itself, and only from then on it can be gone.
    else if (status === undefined && job.rowSeen) job.controller.abort(canceled('its row is gone'));
    else if (status !== undefined) job.rowSeen = true;
  }
}
