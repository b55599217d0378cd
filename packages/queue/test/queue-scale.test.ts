/** Several workers on one queue, as processes of their own: they share the jobs evenly, and an operator sees each. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openQueueClient } from '@supabase-media/client';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { createQueueDatabase, request } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { QueueAddress } from '../src/backend.ts';

/** The product's consumer with a sleep for an encode; `npm run bench:scale` measures with it. */
const WORKER = fileURLToPath(new URL('../../../tools/bench/dist/bench-scale/scale-worker.js', import.meta.url));
const WORKERS = 4;
const JOBS = 80;

/** Long enough that four workers on two cores sleep most of the time, and that a slow `media jobs` still meets them. */
const JOB_MS = 400;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Told {
  readonly ready?: true;
  readonly videoId: string;
}

async function startWorker(environment: Record<string, string>, onDone: (pid: number, videoId: string) => void) {
  const child = fork(WORKER, {
    env: { PATH: process.env.PATH, JOB_MS: String(JOB_MS), ...environment },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const pid = child.pid ?? -1;
  const exited = once(child, 'exit');
  closing.push(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await new Promise<void>((resolve, reject) => {
    child.on('message', (told: Told) => (told.ready ? resolve() : onDone(pid, told.videoId)));
    void exited.then(([code, signal]) => reject(new Error(`The worker ended with ${signal ?? code}.`)));
  });
  return pid;
}

it.each(queueBackends())(
  'four processes on %s take each job once, none less than half its share, and `media jobs` names all four',
  async (kind) => {
    const address: QueueAddress =
      kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    const environment: Record<string, string> =
      kind === 'redis' ? { REDIS_URL: redis.url } : { DATABASE_URL: String(address.databaseUrl) };
    const done: { pid: number; videoId: string }[] = [];
    let wake = () => {};
    const until = async (isSo: () => boolean) => {
      while (!isSo())
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    };
    const pids = await Promise.all(
      Array.from({ length: WORKERS }, () =>
        startWorker(environment, (pid, videoId) => {
          done.push({ pid, videoId });
          wake();
        }),
      ),
    );
    const client = openQueueClient({ ...address, rows: 'elsewhere' });
    closing.push(client.close);
    const asked = await Promise.all(Array.from({ length: JOBS }, () => client.enqueueVideo(request())));

    const names = pids.map((pid) => `${hostname()}:${pid}`);
    const seen = new Set<string>();
    // Each look is one moment: between two jobs a worker has none.
    while (seen.size < WORKERS && done.length < JOBS) {
      const { jobs } = readJson(await runCommand(['jobs', '--json'], environment)) as {
        jobs: readonly { state: string; worker?: string }[];
      };
      const busy = jobs.flatMap(({ state, worker }) => (state === 'active' && worker !== undefined ? [worker] : []));
      for (const worker of busy) seen.add(worker);
    }
    expect(seen).toEqual(new Set(names));

    await until(() => done.length >= JOBS);
    expect(new Set(done.map(({ videoId }) => videoId))).toEqual(new Set(asked.map(({ videoId }) => videoId)));
    expect(done).toHaveLength(JOBS);
    for (const pid of pids)
      expect(done.filter((job) => job.pid === pid).length, `worker ${pid}`).toBeGreaterThanOrEqual(JOBS / WORKERS / 2);
  },
);
