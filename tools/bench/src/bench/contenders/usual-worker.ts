/** Runs the usual worker (`processes/usual-worker.ts`) on a Redis of its own, as BullMQ wants it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findRedisVersion, startRedisServer } from '@supabase-media/local-stack/redis/redis-server';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { readCpuSeconds } from '../../process-cpu.ts';
import type { Lab, Work } from '../lab.ts';
import { CannotDo, type Measured } from '../measure/measured.ts';
import { watchProcesses } from '../measure/watch-processes.ts';
import type { Contender } from './contender.ts';

const USUAL_WORKER = fileURLToPath(new URL('../processes/usual-worker.js', import.meta.url));

interface RunningUsual {
  readonly pid: number;
  readonly queue: Queue;
  readonly events: QueueEvents;
  /** Resolves with how it ended, if it does. */
  readonly ended: Promise<string>;
}

export function usualWorkerContender(lab: Lab): Contender {
  const closers = new Closers();
  let running: RunningUsual | undefined;
  return {
    prepare: async (work) => {
      if (findRedisVersion() === undefined) return;
      running ??= await start(lab, work, closers);
    },
    run: async (work) => {
      if (running === undefined) throw new CannotDo('BullMQ wants a Redis, and there is no redis-server on the PATH');
      const { ended } = running;
      const job = runJobs(running, work);
      const crash = ended.then((how) => {
        throw new CannotDo(how);
      });
      return Promise.race([job, crash]);
    },
    stop: () => closers.closeAll(),
  };
}

async function start(lab: Lab, { row }: Work, closers: Closers): Promise<RunningUsual> {
  const folder = join(lab.folder, `redis-${row.name}`);
  await mkdir(folder, { recursive: true });
  const redis = await startRedisServer({ folder });
  closers.add(redis.stop);
  const child = spawn(process.execPath, ['--', USUAL_WORKER], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${dirname(lab.ffmpeg)}:${process.env.PATH}`,
      ...lab.environment,
      REDIS_URL: redis.url,
      CONCURRENCY: String(row.concurrency),
    },
  });
  let words = '';
  child.stderr.on('data', (chunk) => {
    words = (words + String(chunk)).slice(-300);
  });
  const exited = once(child, 'exit');
  closers.add(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => {
      throw new Error(`The usual worker ended with ${code} before it was ready: ${words}`);
    }),
  ]);
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('usual', { connection });
  const events = new QueueEvents('usual', { connection });
  await events.waitUntilReady();
  closers.add(async () => {
    await events.close();
    await queue.close();
    connection.disconnect();
  });
  return {
    ...{ pid: child.pid ?? -1, queue, events },
    ended: exited.then(([code, signal]) => `its process ended with ${code ?? signal}: ${words.trim()}`),
  };
}

async function runJobs({ pid, queue, events }: RunningUsual, { row, paths }: Work): Promise<Measured> {
  const cpuSeconds = () => {
    const { own, children } = readCpuSeconds(pid);
    return own + children;
  };
  const before = cpuSeconds();
  const watch = watchProcesses(pid);
  const started = performance.now();
  try {
    const jobs = await queue.addBulk(paths.map((path) => ({ name: 'video', data: { path, outputs: row.outputs } })));
    await Promise.all(
      jobs.map((job) =>
        job.waitUntilFinished(events).catch((error: Error) => {
          throw new CannotDo(error.message.replaceAll(/\s+/g, ' ').slice(0, 300));
        }),
      ),
    );
    const seconds = (performance.now() - started) / 1000;
    return { seconds, cpuSeconds: cpuSeconds() - before, ...watch.seen() };
  } finally {
    watch.stop();
  }
}
