/**
 * Rows inserted by SQL, and workers that are killed at random: no API and no producer runs. In the end each row must be a
 * video, processed once.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { locateTools } from '@supabase-media/media/locate-tools';
import { type BackendKind, openQueueServer } from '../queue-server.ts';
import { createRandom, type Random } from '../random.ts';
import { startAuditedStack } from '../start-audited-stack.ts';
import { startWorkerProcess, WORKER_CLI, type WorkerProcess } from '../worker-process.ts';
import { checkOutbox, type OutboxFindings } from './check-outbox.ts';
import { insertRows, makeTinyClip, sendSources } from './sources.ts';

export interface OutboxOptions {
  readonly kind: BackendKind;
  readonly rows: number;
  readonly workers: number;
  /** Jobs at a time in each worker. */
  readonly concurrency: number;
  readonly kills: number;
  readonly seed: number;
  /** The time limit of the run, in milliseconds; then it is checked as it is. */
  readonly limitMs: number;
  /** Keeps the logs and prints their folder. */
  readonly keepsLogs: boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface OutboxReport {
  readonly backend: string;
  readonly seed: number;
  readonly rows: number;
  readonly seconds: number;
  readonly kills: number;
  readonly stops: number;
  readonly findings: OutboxFindings;
}

/** The first segment of paths and results. */
const PROJECT = 'outbox';

/** Rows come in so many portions, so that the last kills still find rows to dispatch. */
const PORTIONS = 20;

const LOOK_MS = 250;

/** A kill comes up to so long after the video that it follows, in milliseconds. */
const DELAY_MS = 1500;

/** One of so many is a stop by SIGTERM instead of a kill. */
const STOP_IN = 5;

export async function runOutbox(options: OutboxOptions): Promise<OutboxReport> {
  const { kind, rows, seed, say } = options;
  const random = createRandom(seed);
  const closers = new Closers();
  try {
    const { folder, storage } = await startAuditedStack(closers, { ...options, name: 'outbox' });
    const { pool } = storage;
    const clip = await makeTinyClip((await locateTools()).ffmpeg.path, folder);
    say(`Sending ${rows} sources …`);
    await sendSources(storage, { clip, folder: PROJECT, count: rows });
    const queue = await openQueueServer(kind, join(folder, 'queue'));
    closers.add(queue.stop);
    const workers = await Promise.all(
      Array.from({ length: options.workers }, async (_, index) => {
        const workDir = join(folder, `work-${index}`);
        await mkdir(workDir);
        const worker = startWorkerProcess({
          cli: WORKER_CLI,
          environment: {
            SUPABASE_URL: storage.url,
            SUPABASE_SERVICE_ROLE_KEY: storage.serviceRoleKey,
            ...queue.environment,
            ...variablesOf(options),
            WORK_DIR: workDir,
          },
          logFile: join(folder, `worker-${index}.log`),
        });
        closers.add(worker.retire);
        return worker;
      }),
    );

    const started = performance.now();
    const over = AbortSignal.any([options.signal, AbortSignal.timeout(options.limitMs)]);
    const faults = { kills: 0, stops: 0 };
    const countEnded = async () => {
      const { rows: counts } = await pool.query<{ ended: number; made: number }>(
        `select count(*) filter (where status not in ('queued', 'processing'))::int as ended, count(*)::int as made
           from public.videos where project = $1`,
        [PROJECT],
      );
      return counts[0] ?? { ended: 0, made: 0 };
    };
    let ended = 0;
    const injecting = injectKills({ workers, random, kills: options.kills, rows, ended: () => ended, over, faults });
    for (let made = 0; ended < rows && !over.aborted; ) {
      const before = ended;
      ({ ended } = await countEnded());
      // As fast as they are processed, and a portion before: some wait always.
      const wanted = Math.min(rows, ended + Math.ceil(rows / PORTIONS) * 2);
      if (wanted > made) await insertRows(pool, { project: PROJECT, from: made, to: wanted });
      made = Math.max(made, wanted);
      if (ended !== before) say(`${kind}: ${ended}/${rows} videos, ${faults.kills} kills, ${faults.stops} stops`);
      await sleep(LOOK_MS, undefined, { signal: over }).catch(() => {});
    }
    await injecting;
    const seconds = (performance.now() - started) / 1000;
    const findings = await checkOutbox({ storage, workers, address: queue.address, rows, project: PROJECT });
    return { backend: queue.name, seed, rows, seconds, ...faults, findings };
  } finally {
    await closers.closeAll();
  }
}

/** Kills and stops workers, each time after as many videos as the seed says. */
async function injectKills(options: {
  readonly workers: readonly WorkerProcess[];
  readonly random: Random;
  readonly kills: number;
  readonly rows: number;
  readonly ended: () => number;
  readonly over: AbortSignal;
  readonly faults: { kills: number; stops: number };
}): Promise<void> {
  const { workers, random, kills, rows, ended, over, faults } = options;
  const times = Array.from({ length: kills }, () => random.between(0, rows - 1)).sort((a, b) => a - b);
  for (const time of times) {
    const worker = workers[random.between(0, workers.length - 1)];
    const isStop = random.between(1, STOP_IN) === 1;
    const delayMs = random.between(0, DELAY_MS);
    while (ended() < time && !over.aborted) await sleep(LOOK_MS, undefined, { signal: over }).catch(() => {});
    await sleep(delayMs, undefined, { signal: over }).catch(() => {});
    if (over.aborted || worker === undefined) return;
    worker.signal(isStop ? 'SIGTERM' : 'SIGKILL');
    if (isStop) faults.stops++;
    else faults.kills++;
  }
}

/** Short waits, so that minutes in production are seconds here, and the cheapest job that there is. */
const variablesOf = ({ concurrency }: OutboxOptions): Record<string, string> => ({
  MEDIA_OUTPUTS: 'video',
  WORKER_CONCURRENCY: String(concurrency),
  JOB_LOCK_SECONDS: '3',
  REQUEST_POLL_SECONDS: '1',
  SHUTDOWN_GRACE_SECONDS: '1',
  WORK_DIR_RESERVE_MB: '20',
  MEDIA_THREADS: '1',
  LOG_FORMAT: 'json',
  LOG_LEVEL: 'info',
});
