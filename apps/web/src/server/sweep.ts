/**
 * Sweeping: completes uploads that awaited room in the queue, ends expired sessions and those with more bytes than
 * announced, enqueues their videos that may have no job, removes the data of unsuccessful sessions from Storage, deletes
 * old rows. What has ended is looked at once more when its upload tokens have expired. Rows are leased in the database,
 * so any number of processes may sweep at once; what
 * fails is retried by the next sweep.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '@supabase-media/core/deadline';
import { toApiError } from './api-error.ts';
import type { LeasedSessions } from './database/leased-sessions.ts';
import type { UploadSession } from './database/upload-session.ts';
import { checkCompleted } from './uploads/check-completed.ts';
import { completeLeased } from './uploads/complete-upload.ts';
import { removeUploaded } from './uploads/end-session.ts';
import { enqueueOrphaned } from './uploads/enqueue-orphaned.ts';
import type { UploadServices } from './uploads/services.ts';
import { FINAL_REFUSALS } from './uploads/verify-upload.ts';

/** Rows per request. */
const BATCH = 50;

/** The lease of a sweep on its rows, in seconds. */
const LEASE_SECONDS = 300;

/** The result of one sweep. */
export interface SweepResult {
  /** Uploads that awaited room in the queue and are completed now. */
  readonly completed: number;
  /** Videos that were still queued when their session expired; most of them had a job already. */
  readonly enqueued: number;
  readonly abandoned: number;
  /** Sessions that were ended because their object is larger than announced. */
  readonly oversized: number;
  readonly cleaned: number;
  /** Objects that were put in place of a completed upload and removed. */
  readonly replaced: number;
  readonly forgotten: number;
  readonly failed: number;
}

type SweepServices = Pick<UploadServices, 'sessions' | 'videos' | 'storage' | 'prover' | 'queue' | 'log' | 'config'>;

/** One running sweep. */
interface Sweep {
  readonly services: SweepServices;
  readonly signal: AbortSignal;
  readonly holder: string;
  readonly result: { -readonly [Name in keyof SweepResult]: SweepResult[Name] };
}

/** In this order. Each runs even if another fails, for example because its migration is missing. */
const STAGES = {
  waiting: completeWaiting,
  left: enqueueAllOrphaned,
  expired: abandonExpired,
  oversized: endOversized,
  remains: removeRemains,
  completed: checkAllCompleted,
  forgotten: forgetCompleted,
};

/**
 * Sweeps once. Errors of Storage or the queue are counted as failed, and so is a stage that fails as a whole.
 *
 * @throws {ApiError} `database_unavailable` or similar, if every stage fails.
 */
export async function sweepUploads(services: SweepServices, signal: AbortSignal): Promise<SweepResult> {
  const result = {
    completed: 0,
    enqueued: 0,
    abandoned: 0,
    oversized: 0,
    cleaned: 0,
    replaced: 0,
    forgotten: 0,
    failed: 0,
  };
  const sweep: Sweep = { services, signal, holder: randomUUID(), result };
  const failures: unknown[] = [];
  for (const [stage, run] of Object.entries(STAGES)) {
    try {
      await run(sweep);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
      services.log.warn(
        { event: 'sweep.stage_failed', stage, code: toApiError(error).code, err: error },
        'A stage of the sweep failed. The next sweep retries it',
      );
    }
    if (signal.aborted) break;
  }
  if (failures.length === Object.keys(STAGES).length) throw failures[0];
  result.failed += failures.length;
  return result;
}

function noteUnreadable({ log }: Pick<SweepServices, 'log'>, rows: LeasedSessions['unreadable']): void {
  for (const { id, problem } of rows)
    log.warn({ event: 'sweep.row_unreadable', sessionId: id }, `A session cannot be read: ${problem}`);
}

/** Failed rows stay leased until the lease expires, so the loop ends. */
async function forEachLeased(
  { services, signal, result }: Sweep,
  lease: () => Promise<LeasedSessions>,
  work: (session: UploadSession) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const { sessions, unreadable } = await lease();
    noteUnreadable(services, unreadable);
    result.failed += unreadable.length;
    for (const session of sessions) {
      signal.throwIfAborted();
      await work(session);
    }
    if (sessions.length + unreadable.length < BATCH) break;
  }
}

/** One batch for each sweep: what cannot be completed now is open again at once, and would be leased again. */
async function completeWaiting({ services, signal, holder, result }: Sweep): Promise<void> {
  const { maxQueued } = services.config.intake;
  const options = { holder, batch: BATCH, leaseSeconds: LEASE_SECONDS, maxQueued };
  const { sessions, unreadable } = await services.sessions.leaseWaiting(options);
  noteUnreadable(services, unreadable);
  result.failed += unreadable.length;
  for (const session of sessions) {
    signal.throwIfAborted();
    const deadline = startDeadline(services.config.intake.verifyMs, signal);
    try {
      const lease = { id: session.id, holder };
      const end = await completeLeased({ services, session, lease, signal: deadline.signal });
      if (end !== 'lease_lost') result.completed += 1;
    } catch (error) {
      signal.throwIfAborted();
      const { code } = toApiError(error);
      // Its owner's uploads before this one took the room.
      if (code === 'too_many_queued') continue;
      if (!FINAL_REFUSALS.has(code)) result.failed += 1;
      services.log.warn(
        { event: 'sweep.complete_failed', sessionId: session.id, code, err: error },
        'An upload that awaited room in the queue was not completed',
      );
    } finally {
      deadline.clear();
    }
  }
}

async function enqueueAllOrphaned(sweep: Sweep): Promise<void> {
  const { services, holder, result } = sweep;
  const lease = () => services.sessions.leaseOrphaned({ holder, batch: BATCH, leaseSeconds: LEASE_SECONDS });
  await forEachLeased(sweep, lease, async (session) => {
    const what = await enqueueOrphaned(services, session, holder);
    if (what !== 'ended') result[what] += 1;
  });
}

async function abandonExpired({ services, signal, result }: Sweep): Promise<void> {
  for (let count = BATCH; count === BATCH && !signal.aborted; result.abandoned += count)
    count = await services.sessions.abandonExpired(BATCH);
}

async function endOversized({ services, signal, result }: Sweep): Promise<void> {
  for (let count = BATCH; count === BATCH && !signal.aborted; result.oversized += count)
    count = await services.sessions.endOversized(BATCH);
}

/** Sessions that ended before this are deleted. */
const forgetBefore = ({ config }: SweepServices) => new Date(Date.now() - config.intake.retentionSeconds * 1000);

async function removeRemains(sweep: Sweep): Promise<void> {
  const { services, holder, result } = sweep;
  const { sessions, config } = services;
  const { retentionSeconds } = config.intake;
  const before = forgetBefore(services);
  const lease = () => sessions.leaseRemains({ holder, batch: BATCH, leaseSeconds: LEASE_SECONDS, retentionSeconds });
  await forEachLeased(sweep, lease, async (session) => {
    // One that was cleaned before is leased again only when its upload tokens are over.
    const isOld = session.endedAt !== undefined && session.endedAt < before && session.cleanedAt !== undefined;
    const isClean = await removeUploaded(services, session);
    if (!isClean) result.failed += 1;
    else if (isOld) result.forgotten += 1;
    else result.cleaned += 1;
    if (isClean && isOld) await sessions.forget(session.id);
  });
}

async function checkAllCompleted(sweep: Sweep): Promise<void> {
  const { services, holder, result } = sweep;
  const lease = () => services.sessions.leaseCompleted({ holder, batch: BATCH, leaseSeconds: LEASE_SECONDS });
  await forEachLeased(sweep, lease, async (session) => {
    const what = await checkCompleted(services, session);
    if (what === 'removed') result.replaced += 1;
    if (what === 'failed') result.failed += 1;
  });
}

async function forgetCompleted({ services }: Sweep): Promise<void> {
  await services.sessions.forgetCompleted(forgetBefore(services));
}

/** Sweeps periodically until the signal aborts. The first wait is random, so that processes do not sweep together. */
export async function keepSweeping(services: SweepServices, everyMs: number, signal: AbortSignal): Promise<void> {
  let waitMs = Math.random() * Math.min(everyMs, 30_000);
  while (!signal.aborted) {
    try {
      await sleep(waitMs, undefined, { signal });
      const result = await sweepUploads(services, signal);
      if (Object.values(result).some((count) => count > 0))
        services.log.info({ event: 'sweep.done', ...result }, 'Swept expired uploads');
    } catch (error) {
      if (!signal.aborted)
        services.log.warn({ event: 'sweep.failed', err: error }, 'The sweep failed. It is retried later');
    }
    waitMs = everyMs;
  }
}
