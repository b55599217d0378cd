/** Our worker, as it waits for jobs in production. Measured from the call that enqueues to the end of the last job. */
import { join } from 'node:path';
import { openQueueClient } from '@supabase-media/client';
import { type Lab, SOURCE_BUCKET, type Work } from '../lab.ts';
import type { Measured } from '../measure/measured.ts';
import { startWorker, type WorkerProcess } from '../measure/start-worker.ts';
import type { Contender } from './contender.ts';

export interface WorkerContenderOptions {
  /** How many processes. Where given, each has one core of its own. */
  readonly pinned?: number;
}

/** They take each other's jobs: only one of these may be prepared at a time. */
export function workerContender(lab: Lab, { pinned }: WorkerContenderOptions = {}): Contender {
  let workers: readonly WorkerProcess[] = [];
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
  };
  return {
    prepare: async ({ row }) => {
      if (workers.length > 0) return;
      const cores = pinned === undefined ? [undefined] : Array.from({ length: pinned }, (_, core) => core);
      workers = await Promise.all(
        cores.map((core) =>
          startWorker({
            core,
            folder: lab.folder,
            environment: {
              ...lab.environment,
              WORK_DIR: join(lab.folder, 'work', `${core ?? 'all'}`),
              WORKER_CONCURRENCY: String(row.concurrency),
              // A core has no use for a second thread.
              ...(core !== undefined && { MEDIA_THREADS: '1' }),
            },
          }),
        ),
      );
    },
    run: (work) => runJobs(lab, workers, work),
    stop,
  };
}

async function runJobs(lab: Lab, workers: readonly WorkerProcess[], { row, paths }: Work): Promise<Measured> {
  const queue = openQueueClient({ databaseUrl: lab.environment.DATABASE_URL });
  try {
    // The first call connects, which an app did long ago.
    await queue.waitForVideo('none').catch(() => {});
    const measurements = workers.map((worker) => worker.measure());
    const started = performance.now();
    const jobs = await Promise.all(
      paths.map((path) =>
        queue.enqueueVideo({ source: { bucket: SOURCE_BUCKET, path }, ownerId: null, outputs: row.outputs }),
      ),
    );
    const ended = Promise.all(jobs.map(({ jobId }) => queue.waitForVideo(jobId)));
    const results = await Promise.race([ended, ...workers.map(({ crashed }) => crashed)]);
    const seconds = (performance.now() - started) / 1000;
    const parts = measurements.map((end) => end());
    for (const { outcome, outputs } of results) {
      const kinds = new Set(outputs.map(({ kind }) => kind));
      const missing = row.outputs.filter((kind) => kind !== 'captions' && !kinds.has(kind));
      if (missing.length > 0) throw new Error(`${row.name} was ${outcome}, without ${missing.join(', ')}.`);
    }
    return { seconds, ...together(parts) };
  } finally {
    await queue.close();
  }
}

/** Of several workers: what they took in all; of one process, the most. */
function together(parts: readonly Omit<Measured, 'seconds'>[]): Omit<Measured, 'seconds'> {
  const peakMb: Record<string, number> = {};
  for (const part of parts)
    for (const [program, mb] of Object.entries(part.peakMb)) peakMb[program] = Math.max(peakMb[program] ?? 0, mb);
  const sum = (of: 'cpuSeconds' | 'togetherMb' | 'children') => parts.reduce((all, part) => all + part[of], 0);
  return { cpuSeconds: sum('cpuSeconds'), peakMb, togetherMb: sum('togetherMb'), children: sum('children') };
}
