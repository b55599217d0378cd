/**
 * Sweeping: ends sessions past their time, removes what unsuccessful ones left in Storage, forgets old rows. Rows are
 * claimed in the database, so any number of processes may sweep at once; what fails is tried again by the next sweep.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanSession } from './uploads/clean-session.ts';
import type { UploadServices } from './uploads/services.ts';

/** Rows of one step. */
const BATCH = 50;

/** A sweep that died holds its rows no longer than this, in seconds. */
const LEASE_SECONDS = 300;

/** What one sweep did. */
export interface SweepResult {
  readonly abandoned: number;
  readonly cleaned: number;
  readonly forgotten: number;
  readonly failed: number;
}

type SweepServices = Pick<UploadServices, 'sessions' | 'storage' | 'log' | 'config'>;

/**
 * Sweeps once.
 *
 * @throws {ApiError} `database_unavailable`; whatever Storage refuses is counted as failed.
 */
export async function sweepUploads(services: SweepServices, signal: AbortSignal): Promise<SweepResult> {
  const { sessions, config } = services;
  const { retentionSeconds } = config.intake;
  const result = { abandoned: 0, cleaned: 0, forgotten: 0, failed: 0 };
  for (let count = BATCH; count === BATCH && !signal.aborted; result.abandoned += count)
    count = await sessions.abandonExpired(BATCH);
  const claimant = randomUUID();
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
