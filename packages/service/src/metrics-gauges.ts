/** Gauges that are read at each scrape: the queue, the disk, the process. */
import { opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { collectDefaultMetrics, Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';
import { QUEUE_JOB_STATES, type QueueJobState } from './metrics-labels.ts';

/** The state of the queue at one moment. */
export interface QueueSnapshot {
  readonly jobs: Readonly<Record<QueueJobState, number>>;
  /** The age of the job that has waited longest; 0 if none waits. */
  readonly oldestWaitingSeconds: number;
  /** Connected workers, on all machines. */
  readonly workers: number;
}

/** How long a value is cached, in milliseconds: several gauges read it at each scrape. */
const CACHE_MS = 1000;

function cached<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > CACHE_MS) last = { at: performance.now(), value: read() };
    return last.value;
  };
}

/**
 * Adds the queue's gauges. If the queue cannot be read, `media_queue_up` is 0 and the others are NaN, so that no alert
 * mistakes it for an empty queue.
 *
 * @param read returns within a few seconds or throws.
 */
export function watchQueue({ registry }: Metrics, read: () => Promise<QueueSnapshot>): void {
  const readSnapshot = cached(async () => {
    try {
      return await read();
    } catch {
      return undefined;
    }
  });
  const registers = [registry];
  new Gauge({
    registers,
    name: 'media_queue_up',
    help: '1 if the queue answered, else 0.',
    async collect() {
      this.set((await readSnapshot()) === undefined ? 0 : 1);
    },
  });
  new Gauge({
    registers,
    name: 'media_queue_jobs',
    help: 'Jobs in the queue, by state.',
    labelNames: ['state'],
    async collect() {
      const snapshot = await readSnapshot();
      for (const state of QUEUE_JOB_STATES) this.set({ state }, snapshot?.jobs[state] ?? Number.NaN);
    },
  });
  new Gauge({
    registers,
    name: 'media_queue_oldest_waiting_seconds',
    help: 'Age of the job that has waited longest; 0 if none waits.',
    async collect() {
      this.set((await readSnapshot())?.oldestWaitingSeconds ?? Number.NaN);
    },
  });
  new Gauge({
    registers,
    name: 'media_queue_workers',
    help: 'Workers connected to the queue, on all machines.',
    async collect() {
      this.set((await readSnapshot())?.workers ?? Number.NaN);
    },
  });
}

/** Jobs have a few thousand files at most; a folder with more is shared with something else, and a scrape must end. */
const MAX_FILES = 20_000;

/** The total size of all files below a folder, in bytes. Files that disappear meanwhile are not counted. */
async function measureFiles(folder: string): Promise<number> {
  let bytes = 0;
  let files = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && files < MAX_FILES; next = folders.pop()) {
    const directory = await opendir(next).catch(() => undefined);
    if (directory === undefined) continue;
    for await (const entry of directory) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) {
        bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
        if (++files >= MAX_FILES) break;
      }
    }
  }
  return bytes;
}

/** Adds the gauges of WORK_DIR and of its disk. */
export function watchDisk({ registry }: Metrics, workDir: string): void {
  const readDisk = cached(() => statfs(workDir).catch(() => undefined));
  const registers = [registry];
  new Gauge({
    registers,
    name: 'media_work_dir_free_bytes',
    help: 'Free space on the disk of WORK_DIR.',
    async collect() {
      const disk = await readDisk();
      this.set(disk === undefined ? Number.NaN : disk.bavail * disk.bsize);
    },
  });
  new Gauge({
    registers,
    name: 'media_work_dir_size_bytes',
    help: 'Size of the disk of WORK_DIR.',
    async collect() {
      const disk = await readDisk();
      this.set(disk === undefined ? Number.NaN : disk.blocks * disk.bsize);
    },
  });
  new Gauge({
    registers,
    name: 'media_work_dir_used_bytes',
    help: 'Size of the files of running jobs and unfinished uploads.',
    async collect() {
      this.set(await measureFiles(workDir));
    },
  });
}

/** Adds memory, processor time, open files and event-loop lag, under the names of prom-client. */
export const watchProcess = ({ registry }: Metrics): void => collectDefaultMetrics({ register: registry });
