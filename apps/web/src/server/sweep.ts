/**
 * Sweeping: ends sessions past their time, enqueues videos that such sessions left waiting, removes what unsuccessful ones left in Storage, forgets old rows. Rows are
 * claimed in the database, so any number of processes may sweep at once; what fails is tried again by the next sweep.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UploadSession } from './database/upload-session.ts';
import { cleanSession } from './uploads/clean-session.ts';
import type { UploadServices } from './uploads/services.ts';

/** Rows of one step. */
const BATCH = 50;

/** A sweep that died holds its rows no longer than this, in seconds. */
const LEASE_SECONDS = 300;

/** What one sweep did. */
export interface SweepResult {
  /** Videos that still waited when the time of their upload was over; most have had a job all along. */
  readonly enqueued: number;
  readonly abandoned: number;
  readonly cleaned: number;
  readonly forgotten: number;
  readonly failed: number;
}

type SweepServices = Pick<UploadServices, 'sessions' | 'storage' | 'queue' | 'log' | 'config'>;

/**
 * Sweeps once.
 *
 * @throws {ApiError} `database_unavailable`; whatever Storage or the queue refuses is counted as failed.
 */
export async function sweepUploads(services: SweepServices, signal: AbortSignal): Promise<SweepResult> {
  const { sessions, config } = services;
  const { retentionSeconds } = config.intake;
  const result = { enqueued: 0, abandoned: 0, cleaned: 0, forgotten: 0, failed: 0 };
  const claimant = randomUUID();
  while (!signal.aborted) {
    const left = await sessions.claimLeft({ claimant, batch: BATCH, leaseSeconds: LEASE_SECONDS });
    for (const session of left) {
      signal.throwIfAborted();
      if (await enqueueLeft(services, session, claimant)) result.enqueued += 1;
      else result.failed += 1;
    }
    // Those that failed stay claimed until their lease ends.
    if (left.length < BATCH) break;
  }
  for (let count = BATCH; count === BATCH && !signal.aborted; result.abandoned += count)
    count = await sessions.abandonExpired(BATCH);
  const forgetBefore = new Date(Date.now() - retentionSeconds * 1000);
  while (!signal.aborted) {
    const claim = { claimant, batch: BATCH, leaseSeconds: LEASE_SECONDS, retentionSeconds };
    const due = await sessions.claimRemains(claim);
    for (const session of due) {
      signal.throwIfAborted();
      const isOld = session.endedAt !== undefined && session.endedAt < forgetBefore;
      const isClean = await cleanSession(services, session);
      if (!isClean) result.failed += 1;
      else if (isOld) result.forgotten += 1;
      else result.cleaned += 1;
      if (isClean && isOld) await sessions.forget(session.id);
    }
    // Rows that failed stay claimed until their lease ends, so this does not go round in circles.
    if (due.length < BATCH) break;
  }
  await sessions.forgetCompleted(forgetBefore);
  return result;
}

/**
 * Enqueues the video of a session whose process died over it, and ends the session. A job that is there stays as it is.
 *
 * @returns whether both were done.
 */
async function enqueueLeft(
  { sessions, queue, log }: SweepServices,
  session: UploadSession,
  claimant: string,
): Promise<boolean> {
  try {
    await queue.enqueue(session);
    await sessions.finish({ id: session.id, claimant }, 'completed');
    return true;
  } catch (error) {
    log.warn(
      { event: 'upload.enqueue_failed', sessionId: session.id, videoId: session.videoId, err: error },
      'A video that waits could not be enqueued; a later sweep tries again',
    );
    return false;
  }
}

/** Sweeps again and again until the signal aborts. The first wait is random: processes that start together part. */
export async function keepSweeping(services: SweepServices, everyMs: number, signal: AbortSignal): Promise<void> {
  let waitMs = Math.random() * Math.min(everyMs, 30_000);
  while (!signal.aborted) {
    try {
      await sleep(waitMs, undefined, { signal });
      const result = await sweepUploads(services, signal);
      if (Object.values(result).some((count) => count > 0))
        services.log.info({ event: 'sweep.done', ...result }, 'Swept ended uploads');
    } catch (error) {
      if (!signal.aborted) services.log.warn({ event: 'sweep.failed', err: error }, 'The sweep is tried again later');
    }
    waitMs = everyMs;
  }
}
