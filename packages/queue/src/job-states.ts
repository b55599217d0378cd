/** The states of a job that matter to us, in BullMQ's names. */
import type { Queue } from 'bullmq';

/** States in which a job has come to its end. */
const FINISHED = new Set(['completed', 'failed']);

/** States in which a job has not been started, or waits for its next start. */
const WAITING = new Set(['waiting', 'prioritized', 'delayed', 'paused']);

export const isFinished = (state: string): boolean => FINISHED.has(state);
export const isWaiting = (state: string): boolean => WAITING.has(state);

/** Whether a job waits or runs. */
export async function isJobLive(queue: Queue, jobId: string): Promise<boolean> {
  const state = await queue.getJobState(jobId);
  return state !== 'unknown' && !isFinished(state);
}
