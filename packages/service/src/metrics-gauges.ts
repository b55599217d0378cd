/** What is looked at when Prometheus asks: the queue, the disk, the process. */
import { opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { collectDefaultMetrics, Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';
import { QUEUE_JOB_STATES, type QueueJobState } from './metrics-labels.ts';

/** The queue at one moment. */
export interface QueueSnapshot {
  readonly jobs: Readonly<Record<QueueJobState, number>>;
  /** Since the job that waits longest was added; 0 when none waits. */
  readonly oldestWaitingSeconds: number;
  /** Connected workers, on all machines. */
  readonly workers: number;
}

/** Reads within this time are answered from the last one, in milliseconds: several gauges ask at each scrape. */
const REMEMBER_MS = 1000;

function remember<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > REMEMBER_MS)
      last = { at: performance.now(), value: read() };
    return last.value;
  };
}

/**
 * Adds the queue's gauges. When the queue cannot be read, `media_queue_up` is 0 and the others are NaN, which no
 * comparison takes for an empty queue.
 *
 * @param read answers within a few seconds or throws.
 */
export function watchQueue({ registry }: Metrics, read: () => Promise<QueueSnapshot>): void {
  const look = remember(async () => {
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
    help: '1 when the queue answered.',
    async collect() {
      this.set((await look()) === undefined ? 0 : 1);
    },
  });
  new Gauge({
    registers,
    name: 'media_queue_jobs',
    help: 'Jobs in the queue, by state.',
    labelNames: ['state'],
    async collect() {
      const snapshot = await look();
      for (const state of QUEUE_JOB_STATES) this.set({ state }, snapshot?.jobs[state] ?? Number.NaN);
    },
  });
  new Gauge({
    registers,
    name: 'media_queue_oldest_waiting_seconds',
    help: 'How long the job that waits longest has been in the queue; 0 when none waits.',
    async collect() {
      this.set((await look())?.oldestWaitingSeconds ?? Number.NaN);
    },
  });
  new Gauge({
    registers,
    name: 'media_queue_workers',
    help: 'Workers connected to the queue, on all machines.',
    async collect() {
      this.set((await look())?.workers ?? Number.NaN);
    },
  });
}

/** Files of jobs are a few thousand at most; a folder with more is not ours alone, and scraping must end. */
const MOST_FILES = 20_000;

/** The sizes of all files below a folder; what disappears meanwhile does not count. */
async function measureFiles(folder: string): Promise<number> {
  let bytes = 0;
  let files = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && files < MOST_FILES; next = folders.pop()) {
    const directory = await opendir(next).catch(() => undefined);
    if (directory === undefined) continue;
    for await (const entry of directory) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) {
        bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
        if (++files >= MOST_FILES) break;
      }
    }
  }
  return bytes;
}

/** Adds the gauges of the folder for jobs and of its disk. */
export function watchDisk({ registry }: Metrics, workDir: string): void {
  const look = remember(() => statfs(workDir).catch(() => undefined));
  const registers = [registry];
  new Gauge({
    registers,
    name: 'media_work_dir_free_bytes',
    help: 'Free for us on the disk of WORK_DIR.',
    async collect() {
      const disk = await look();
      this.set(disk === undefined ? Number.NaN : disk.bavail * disk.bsize);
    },
  });
  new Gauge({
    registers,
    name: 'media_work_dir_size_bytes',
    help: 'The size of the disk of WORK_DIR.',
    async collect() {
      const disk = await look();
      this.set(disk === undefined ? Number.NaN : disk.blocks * disk.bsize);
    },
  });
  new Gauge({
    registers,
    name: 'media_work_dir_used_bytes',
    help: 'Files of running jobs and of unfinished uploads.',
    async collect() {
      this.set(await measureFiles(workDir));
    },
  });
}

/** Adds memory, processor time, open files and event-loop lag, under the names of prom-client. */
export const watchProcess = ({ registry }: Metrics): void => collectDefaultMetrics({ register: registry });
