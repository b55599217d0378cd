/** Makes one event happen. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findAlive, type ProcessMark } from './process-tree.ts';
import type { RunSetup } from './run-setup.ts';
import type { ChaosEvent, ChaosKind, Step } from './schedule.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What has happened so far. */
export interface InjectedFault {
  readonly happened: Record<ChaosKind, number>;
  /** In which step SIGKILL found a job; `idle` when there was none. */
  readonly killedIn: Record<Step | 'idle', number>;
  /** Children of workers that were ended, which must be gone soon. */
  readonly orphans: ProcessMark[];
  /** Those of them that still ran a moment after their worker was killed. */
  readonly outlived: ProcessMark[];
  /** How often a video was struck in a phase of its work. */
  readonly struckAt: Map<string, number>;
  /** When servers were away, from and to, in milliseconds since the epoch. */
  readonly outages: { readonly from: number; to: number }[];
  /** Whether every video has come to its end: nothing is waited for any more. */
  isOver: boolean;
  /** Outages that still last; each ends by itself. */
  readonly lasting: Set<Promise<void>>;
}

/** Waits this long for the step that is aimed at, then strikes in any. */
const AIM_MS = 5000;
/** Then this long for any worker to be busy at all. */
const BUSY_MS = 10_000;
const LOOK_EVERY_MS = 2;
/** Faults at one video in one phase, and how long it is then left alone at most. */
const MOST_IN_A_ROW = 5;
const SPARE_MS = 60_000;
/** A worker that was told to stop and has not ended after this hangs. */
const STOP_LIMIT_MS = 60_000;
/** Children end with their worker: the system tells them. In milliseconds, for a machine that is busy. */
const ORPHAN_MS = 500;
/** The room that a full disk still has. */
const LEFT_BYTES = 65_536;

export async function injectFault(setup: RunSetup, event: ChaosEvent, record: InjectedFault): Promise<void> {
  const worker = await aim(setup, event, record);
  if (worker === undefined) return;
  await sleep(event.delayMs);
  await spare(worker, event, record);
  record.happened[event.kind]++;
  await ACTIONS[event.kind]({ setup, event, record, worker });
}

/** A worker in the step that is meant; when that does not come, any that is busy, the one that is meant first. */
async function aim(
  { workers }: RunSetup,
  { worker, step }: ChaosEvent,
  record: InjectedFault,
): Promise<WorkerProcess | undefined> {
  const order = [...workers.slice(worker % workers.length), ...workers.slice(0, worker % workers.length)];
  const findAimed = () => order.find((one) => one.step() === step);
  if (step !== undefined && (await waitUntil(() => record.isOver || findAimed() !== undefined, AIM_MS)))
    return findAimed() ?? order[0];
  const findBusy = () => order.find((one) => one.isBusy());
  await waitUntil(() => record.isOver || findBusy() !== undefined, BUSY_MS);
  return findBusy() ?? order[0];
}

/** What a run that is begun again begins with: each ends with a checkpoint. */
const PHASES: Readonly<Record<string, string>> = { probe: 'encode', plan: 'encode', record: 'upload' };

/**
 * A job whose workers die ten times in a row without its getting any further is taken for their killer, and rightly so.
 * This one is none: after half of that it is left alone until it has got further.
 */
async function spare(worker: WorkerProcess, { kind }: ChaosEvent, record: InjectedFault): Promise<void> {
  if ((kind !== 'kill' && kind !== 'freeze') || !worker.isBusy()) return;
  const place = () => `${worker.video()} ${PHASES[worker.step() ?? ''] ?? worker.step()}`;
  const here = place();
  const struck = record.struckAt.get(here) ?? 0;
  if (struck >= MOST_IN_A_ROW) await waitUntil(() => place() !== here, SPARE_MS);
  record.struckAt.set(place(), (record.struckAt.get(place()) ?? 0) + 1);
}

async function waitUntil(isTrue: () => boolean, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > end) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

interface Action {
  readonly setup: RunSetup;
  readonly event: ChaosEvent;
  readonly record: InjectedFault;
  readonly worker: WorkerProcess;
}

const ACTIONS: Readonly<Record<ChaosKind, (action: Action) => Promise<void>>> = {
  kill: async ({ worker, record }) => {
    // Held where it is while its children are looked up: that takes longer than the shortest steps.
    worker.signal('SIGSTOP');
    const children = await worker.descendants();
    record.orphans.push(...children);
    record.killedIn[(worker.step() as Step | undefined) ?? 'idle']++;
    worker.signal('SIGKILL');
    await worker.ended();
    await sleep(ORPHAN_MS);
    record.outlived.push(...(await findAlive(children)));
  },
  terminate: async ({ worker, record }) => {
    record.orphans.push(...(await worker.descendants()));
    await stop(worker);
  },
  freeze: async ({ worker, event }) => {
    worker.signal('SIGSTOP');
    await sleep(event.durationMs);
    worker.signal('SIGCONT');
  },
  queue: async ({ setup, event, record }) => {
    await outage(record, event, setup.queue.stop, setup.queue.start);
  },
  supabase: async ({ setup, event, record }) => {
    await outage(record, event, setup.proxy.shut, setup.proxy.open);
  },
  disk: async ({ setup, event, record, worker }) => {
    if (setup.disk.canBeFilled) return outage(record, event, () => setup.disk.fill(LEFT_BYTES), setup.disk.release);
    // A reserve that no disk has: nothing is admitted until the worker is started without it.
    worker.setVariables({ WORK_DIR_RESERVE_MB: '10000000' });
    await stop(worker);
    await sleep(event.durationMs);
    worker.setVariables({});
    await stop(worker);
  },
};

async function stop(worker: WorkerProcess): Promise<void> {
  worker.signal('SIGTERM');
  const limit = new AbortController();
  const late = sleep(STOP_LIMIT_MS, 'late', { signal: limit.signal }).catch(() => undefined);
  if ((await Promise.race([worker.ended(), late])) === 'late') throw new Error('A worker did not stop at SIGTERM.');
  limit.abort();
}

/** Goes on beside the next events; those of the same kind wait for each other by their servers' own order. */
async function outage(
  record: InjectedFault,
  { durationMs }: ChaosEvent,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  await Promise.all(record.lasting);
  const times = { from: Date.now(), to: Number.POSITIVE_INFINITY };
  record.outages.push(times);
  await begin();
  const lasts = (async () => {
    await sleep(durationMs);
    await end();
    times.to = Date.now();
  })().finally(() => record.lasting.delete(lasts));
  record.lasting.add(lasts);
}

export const newRecord = (): InjectedFault => ({
  happened: { kill: 0, terminate: 0, freeze: 0, queue: 0, supabase: 0, disk: 0 },
  killedIn: {
    download: 0,
    probe: 0,
    plan: 0,
    encode: 0,
    publish: 0,
    derive: 0,
    upload: 0,
    record: 0,
    recorded: 0,
    idle: 0,
  },
  orphans: [],
  outlived: [],
  struckAt: new Map(),
  outages: [],
  isOver: false,
  lasting: new Set(),
});
