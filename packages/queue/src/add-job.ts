/** Adds a job once: makes it, finds it waiting or running, or runs a finished one again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import type { CancelFlags } from './cancel-flags.ts';
import { isFinished } from './job-states.ts';
import type { JobContract } from './job-type.ts';
import { type JobPriority, jobOptions } from './policy.ts';
import type { SideQueue } from './side-queue.ts';
import { newJobData, newMetadata, readWorkerMetadata } from './worker-metadata.ts';

export interface AddJobOptions<Payload extends object> {
  readonly contract: JobContract<Payload>;
  readonly payload: Payload;
  /** The contract's unless told. */
  readonly priority?: JobPriority | undefined;
  /**
   * Called before a job is added or run again, not when one is already there. It may return the turn that the database
   * gave the job; without one the worker that takes it first asks for it.
   */
  readonly beforeAdd?: ((jobId: string) => Promise<number | undefined>) | undefined;
}

/** What became of a request: a new job, one that is already waiting or running, or a finished one run again. */
export interface AddedJob {
  readonly jobId: string;
  readonly state: 'created' | 'existing' | 'requeued';
}

/** A canceled job stops within 2 s, and then what it made is removed; in milliseconds. */
const CANCELING_MS = 5000;
const CANCELING_LOOK_MS = 100;

/** @throws what the queue answers, and what `beforeAdd` throws. */
export async function addJob<Payload extends object>(
  queue: Queue,
  side: SideQueue,
  options: AddJobOptions<Payload>,
): Promise<AddedJob> {
  const added = await add(queue, side, options, newMetadata().request);
  // Nobody else has this request's name.
  return added.state === 'ended' ? { ...added, state: 'existing' } : { ...added, state: added.state };
}

/** As {@link AddedJob}; `ended`: the job of this very request has come to its end. */
export interface RequestedJob {
  readonly jobId: string;
  readonly state: AddedJob['state'] | 'ended';
}

/**
 * Adds the one job of a request that has a name: asked again, by whomever, it makes no second one, not even when the
 * first has ended.
 *
 * @param options.request its name; a job that was made in another's is run again when it has ended.
 * @throws as {@link addJob}.
 */
export const addRequestedJob = <Payload extends object>(
  queue: Queue,
  side: SideQueue,
  { request, ...options }: AddJobOptions<Payload> & { readonly request: string },
): Promise<RequestedJob> => add(queue, side, options, request);

async function add<Payload extends object>(
  queue: Queue,
  { flags }: SideQueue,
  options: AddJobOptions<Payload>,
  request: string,
): Promise<RequestedJob> {
  const { contract, payload, priority, beforeAdd } = options;
  const jobId = contract.jobId(payload);
  const data = newJobData(payload, { request });
  const earlier = (await queue.getJob(jobId)) as Job | undefined;
  if (earlier !== undefined) {
    const state = await untilCanceled(flags, earlier);
    if (!isFinished(state)) return { jobId, state: 'existing' };
    if (readWorkerMetadata(earlier.data).request === request) return { jobId, state: 'ended' };
    // A finished job keeps its id, and BullMQ silently ignores a second job of the same id.
    const turn = await beforeAdd?.(jobId);
    await flags.lower(jobId);
    return { jobId, state: (await requeue(earlier, state, options, { data, turn })) ? 'requeued' : 'existing' };
  }
  const turn = await beforeAdd?.(jobId);
  await queue.add(contract.name, data, { jobId, ...jobOptions(contract.policy, priority, turn) });
  // Of two producers at once, BullMQ keeps the first one's job and tells neither.
  const kept = await queue.getJob(jobId);
  const isOurs = kept === undefined || readWorkerMetadata(kept.data).request === request;
  return { jobId, state: isOurs ? 'created' : 'existing' };
}

/**
 * The state of a job. One that is being canceled is about to end, and nobody is served by hearing that it exists: its
 * end is waited for, {@link CANCELING_MS} at most.
 */
async function untilCanceled(flags: CancelFlags, job: Job): Promise<string> {
  const start = performance.now();
  for (;;) {
    const state = await job.getState();
    const isEnding = !isFinished(state) && (await flags.isRaised(String(job.id), job.timestamp));
    if (!isEnding || performance.now() - start > CANCELING_MS) return state;
    await sleep(CANCELING_LOOK_MS);
  }
}

/** Runs a finished job again, from the start. Moving it is one step in the queue: of two producers, one does it. */
async function requeue<Payload extends object>(
  job: Job,
  state: string,
  { contract, priority }: AddJobOptions<Payload>,
  { data, turn }: { readonly data: object; readonly turn: number | undefined },
): Promise<boolean> {
  await job.updateData(data);
  // Before it is moved: a worker may take it in that moment.
  await job.changePriority({ priority: jobOptions(contract.policy, priority, turn).priority });
  try {
    await job.retry(state as 'completed' | 'failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  } catch (error) {
    if (isFinished(await job.getState())) throw error;
    return false;
  }
  return true;
}
