/** Injects one fault. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findAlive, type ProcessMark } from './process-tree.ts';
import type { RunSetup } from './run-setup.ts';
import type { ChaosEvent, ChaosKind, Step } from './schedule.ts';
import type { WorkerProcess } from './worker-process.ts';

/** The faults of a run so far. */
export interface FaultRecord {
  readonly happened: Record<ChaosKind, number>;
  /** The step of the job when its worker was killed; `idle` without a job. */
  readonly killedIn: Record<Step | 'idle', number>;
  /** Children of ended workers, which must end soon. */
  readonly orphans: ProcessMark[];
  /** Those that were still running a moment after their worker was killed. */
  readonly survivors: ProcessMark[];
  /** How often a video was hit in each phase. */
  readonly hitsByPhase: Map<string, number>;
  /** Outages of servers, in milliseconds since the epoch. */
  readonly outages: { readonly from: number; to: number }[];
  /** Whether every video is finished, so that there is nothing to wait for. */
  isOver: boolean;
  /** Running outages; each ends on its own. */
  readonly lasting: Set<Promise<void>>;
}

/** How long to wait for the target step; then any step will do. */
const AIM_MS = 5000;
/** Then how long to wait for any busy worker. */
const BUSY_MS = 10_000;
const POLL_MS = 2;
/** The most hits of a video in one phase, and how long it is spared then at most. */
const MAX_HITS = 5;
const SPARE_MS = 60_000;
/** A worker that has not ended this long after SIGTERM hangs. */
const STOP_LIMIT_MS = 60_000;
/** How long children may outlive their worker, in milliseconds, on a busy machine. */
const ORPHAN_MS = 500;
/** The free space of a full disk. */
const LEFT_BYTES = 65_536;

export async function injectFault(setup: RunSetup, event: ChaosEvent, record: FaultRecord): Promise<void> {
  const worker = await aim(setup, event, record);
  if (worker === undefined) return;
  await sleep(event.delayMs);
  await spare(worker, event, record);
  record.happened[event.kind]++;
  await ACTIONS[event.kind]({ setup, event, record, worker });
}

/** Finds a worker in the target step; otherwise any busy worker, starting with the target. */
async function aim(
  { workers }: RunSetup,
  { worker, step }: ChaosEvent,
  record: FaultRecord,
): Promise<WorkerProcess | undefined> {
  const order = [...workers.slice(worker % workers.length), ...workers.slice(0, worker % workers.length)];
  const findAimed = () => order.find((one) => one.step() === step);
  if (step !== undefined && (await waitUntil(() => record.isOver || findAimed() !== undefined, AIM_MS)))
    return findAimed() ?? order[0];
  const findBusy = () => order.find((one) => one.isBusy());
  await waitUntil(() => record.isOver || findBusy() !== undefined, BUSY_MS);
  return findBusy() ?? order[0];
}

/** Steps that belong to the phase of another: a phase ends with a checkpoint, where a new run resumes. */
const PHASES: Readonly<Record<string, string>> = { probe: 'encode', plan: 'encode', record: 'upload' };

/**
 * A job whose workers die ten times in a row without progress fails with `job_abandoned`. Injected faults must not cause
 * that: after half as many a video is spared until it has made progress.
 */
async function spare(worker: WorkerProcess, { kind }: ChaosEvent, record: FaultRecord): Promise<void> {
  if ((kind !== 'kill' && kind !== 'freeze') || !worker.isBusy()) return;
  const phase = () => `${worker.video()} ${PHASES[worker.step() ?? ''] ?? worker.step()}`;
  const current = phase();
  const hits = record.hitsByPhase.get(current) ?? 0;
  if (hits >= MAX_HITS) await waitUntil(() => phase() !== current, SPARE_MS);
  record.hitsByPhase.set(phase(), (record.hitsByPhase.get(phase()) ?? 0) + 1);
}

async function waitUntil(isTrue: () => boolean, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > end) return false;
    await sleep(POLL_MS);
  }
  return true;
}

interface Action {
  readonly setup: RunSetup;
  readonly event: ChaosEvent;
  readonly record: FaultRecord;
  readonly worker: WorkerProcess;
}

const ACTIONS: Readonly<Record<ChaosKind, (action: Action) => Promise<void>>> = {
  kill: async ({ worker, record }) => {
    // Suspended while its children are listed, which takes longer than the shortest steps.
    worker.signal('SIGSTOP');
    const children = await worker.descendants();
    record.orphans.push(...children);
    record.killedIn[(worker.step() as Step | undefined) ?? 'idle']++;
    worker.signal('SIGKILL');
    await worker.ended();
    await sleep(ORPHAN_MS);
    record.survivors.push(...(await findAlive(children)));
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
    // A reserve that no disk has: no job starts until the worker is restarted without it.
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

/** Runs concurrently with the next events, but not with another outage. */
async function outage(
  record: FaultRecord,
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

export const newRecord = (): FaultRecord => ({
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
  survivors: [],
  hitsByPhase: new Map(),
  outages: [],
  isOver: false,
  lasting: new Set(),
});
