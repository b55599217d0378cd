/** Cancels one job in the queue, wherever it waits or runs. */
import { randomUUID } from 'node:crypto';
import type { Job, Queue } from 'bullmq';
import { isFinished, isWaiting } from './job-states.ts';
import { findLive } from './live-children.ts';
import type { SideQueue } from './side-queue.ts';
import { readProducerData, readWorkerMetadata } from './worker-metadata.ts';

/**
 * `canceled`: the job was waiting and is gone. `canceling`: a worker stops it within 2 s, or takes it next to remove
 * what it has made. `finished`: it had come to its end. `unknown`: there is no such job.
 */
export type CanceledJobState = 'canceled' | 'canceling' | 'finished' | 'unknown';

export interface CancelJobOptions {
  readonly queue: Queue;
  readonly side: SideQueue;
  readonly jobId: string;
}

/** @throws what the queue answers. */
export async function cancelJob({ queue, side, jobId }: CancelJobOptions): Promise<CanceledJobState> {
  const { flags } = side;
  const job = (await queue.getJob(jobId)) as Job | undefined;
  if (job === undefined) return 'unknown';
  const state = await job.getState();
  if (isFinished(state)) return 'finished';
  // A job that was begun may have left results behind: its next worker removes them.
  const isUntouched = isWaiting(state) && readWorkerMetadata(job.data).checkpoint === undefined;
  if (isUntouched && (await removeWaiting(job, side))) return 'canceled';
  await flags.raise(jobId);
  // What it waits for ends first; then a worker takes it.
  if (state === 'waiting-children')
    for (const child of await findLive(job)) await cancelJob({ queue, side, jobId: child });
  if (isWaiting(await job.getState())) await job.promote().catch(() => {});
  if (!isFinished(await job.getState())) return 'canceling';
  await flags.lower(jobId);
  return 'finished';
}

/**
 * Removes a waiting job, with a notice for the workers that it ended.
 *
 * @returns whether it could be removed: a worker that took it in the same moment holds it.
 */
async function removeWaiting(job: Job, { notices }: SideQueue): Promise<boolean> {
  const notice = await notices.leave({
    type: job.name,
    jobId: String(job.id),
    request: readWorkerMetadata(job.data).request ?? randomUUID(),
    payload: readProducerData(job.data) as Record<string, unknown>,
    addedAt: job.timestamp,
  });
  try {
    await job.remove();
    return true;
  } catch {
    // One that stays is dropped by the workers: its job is still there.
    await notices.remove(notice).catch(() => {});
    return false;
  }
}
