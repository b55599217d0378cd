/** Gives a turn to a job whose producer gave it none: it knew no database, or an earlier release wrote it. */
import type { Log } from '@supabase-media/core/log';
import type { Job } from 'bullmq';
import type { KnownJob } from './catalog.ts';
import { hasTurn, priorityOf } from './policy.ts';

export interface TakeTurnOptions {
  /** Whether other jobs wait. */
  readonly isAnyWaiting: () => Promise<boolean>;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Takes the turn and writes it into the job.
 *
 * @returns whether the job has to wait for it: others wait, and only the queue knows whose turn it is. A job whose turn
 * cannot be asked for runs at once: fairness costs nobody a video.
 */
export async function takeTurn(
  job: Job,
  { type, payload }: KnownJob,
  { isAnyWaiting, signal, log }: TakeTurnOptions,
): Promise<boolean> {
  if (type.takeTurn === undefined || hasTurn(job.priority)) return false;
  const jobId = String(job.id);
  try {
    const turn = await type.takeTurn(payload, { jobId, priority: priorityOf(job.priority), signal });
    if (turn === undefined) return false;
    await job.changePriority({ priority: turn });
    return await isAnyWaiting();
  } catch (err) {
    log.warn({ event: 'job.turn_missed', jobId, err }, 'The turn of a job could not be asked for; it runs at once');
    return false;
  }
}
