/** Turns the notices of jobs that ended without a worker into the jobs that follow from them. */
import { setInterval as everyInterval } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { Queue } from 'bullmq';
import type { JobCatalog } from './catalog.ts';
import type { EndNotice, EndNotices, LeftNotice } from './end-notices.ts';
import type { FollowUp } from './follow-up.ts';

export interface WatchEndNoticesOptions {
  readonly queue: Pick<Queue, 'getJob'>;
  readonly notices: EndNotices;
  readonly catalog: JobCatalog;
  readonly followUp: FollowUp;
  readonly log: Log;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** Several workers may take the same notice: what follows has one id, so it is added once. In milliseconds. */
const LOOK_EVERY_MS = 2000;

/** A producer removes its job within this after the notice, in milliseconds, or it died and the job will end by itself. */
const REMOVAL_MS = 60_000;

/** Watches until the signal ends it. Never throws: what cannot be done now is done at a later look. */
export async function watchEndNotices(options: WatchEndNoticesOptions): Promise<void> {
  const { notices, signal, log } = options;
  try {
    for await (const _ of everyInterval(LOOK_EVERY_MS, undefined, { signal, ref: false }))
      try {
        for (const left of await notices.list()) await settle(options, left);
      } catch (err) {
        log.debug({ err }, 'Could not look for notices of ended jobs');
      }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function settle(options: WatchEndNoticesOptions, { id, notice, leftAt }: LeftNotice): Promise<void> {
  const { queue, notices, followUp, signal } = options;
  if (signal.aborted) return;
  const payload = notice === undefined ? undefined : readPayload(options, notice);
  if (notice !== undefined && payload !== undefined) {
    const job = await queue.getJob(notice.jobId);
    const isThere = job?.timestamp === notice.addedAt;
    if (isThere && Date.now() - leftAt < REMOVAL_MS) return;
    const { type, jobId, request } = notice;
    const error = new MediaError({ code: 'canceled', message: 'The job was canceled before it was started.' });
    if (!isThere && (await mayBeCanceled(options, notice, payload)))
      await followUp({ type, jobId, request, payload, outcome: 'canceled', error });
  }
  await notices.remove(id);
}

/** Of a row whose job may have been canceled before it was started. */
const MAY_BE_CANCELED: ReadonlySet<string | undefined> = new Set([undefined, 'queued', 'canceled']);

/**
 * Producers leave notices, and so may anybody who can write to the queue: where the row says how its video ended, a notice
 * does not change it. A producer that has the queue alone leaves the row as it was.
 */
async function mayBeCanceled(
  { catalog, log, signal }: WatchEndNoticesOptions,
  { type, jobId }: EndNotice,
  payload: object,
): Promise<boolean> {
  const known = catalog.find(type);
  if (known?.row === undefined) return true;
  const id = known.row.idOf(payload);
  const status = (await known.row.findStatuses([id], signal)).get(id);
  if (MAY_BE_CANCELED.has(status)) return true;
  log.warn(
    { event: 'job.notice_refused', jobId, status },
    `A notice says that a job was canceled, and its row says ${status}; nothing follows from it`,
  );
  return false;
}

/** Undefined for a notice that nobody here understands: nothing follows from it. */
function readPayload({ catalog, log }: WatchEndNoticesOptions, notice: EndNotice): object | undefined {
  const parsed = catalog.find(notice.type)?.payload.safeParse(notice.payload);
  if (parsed?.success) return parsed.data;
  log.warn({ event: 'job.notice_refused', jobId: notice.jobId }, 'A notice of an ended job fits no job type here');
  return undefined;
}
