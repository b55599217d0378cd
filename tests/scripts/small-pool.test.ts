/** How many connections the processes of a queue on PostgreSQL hold: what the documentation says, and never one more. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueueClient } from '@supabase-media/client';
import { type Stack, startStack } from '@supabase-media/local-stack/stack/start-stack';
import { reportFullPool } from '@supabase-media/queue/report-full-pool';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { ROOT } from '@supabase-media/test-support/repository';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The pool of the smallest Supabase projects. */
const POOL = 15;
const WORKERS = 4;
const APIS = 2;
/** As deploy/README.md says. */
const PER_PROCESS = 2;

let folder: string;
let stack: Stack;
let admin: pg.Client;
/** Of a user that may hold {@link POOL} connections; the limit does not hold for the superuser. */
let databaseUrl: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-pool-'));
  stack = await startStack({ dataFolder: join(folder, 'stack') });
  admin = new pg.Client(stack.databaseUrl);
  await admin.connect();
  await admin.query(`create role small login password 'secret-password' connection limit ${POOL}`);
  await admin.query('grant create on database postgres to small');
  const url = new URL(stack.databaseUrl);
  url.username = 'small';
  url.password = 'secret-password';
  databaseUrl = url.href;
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await admin?.end();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Resolves when the process says that it works. */
async function start(file: string, args: string[], sign: RegExp): Promise<void> {
  const child = spawn(process.execPath, ['--', join(ROOT, file), ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      ...stack.environment,
      DATABASE_URL: databaseUrl,
      WORK_DIR: join(folder, 'work'),
      METRICS_PORT: '0',
      WEB_HOST: '127.0.0.1',
      WEB_PORT: '0',
      LOG_FORMAT: 'json',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let written = '';
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        written += String(chunk);
        if (sign.test(written)) resolve();
      });
  });
  const ended = once(child, 'close').then(() => {
    throw new Error(`the process ended:\n${written}`);
  });
  ended.catch(() => {});
  await Promise.race([ready, ended]);
}

const countRefusals = async (): Promise<number> =>
  (await readFile(join(folder, 'stack', 'postgres.log'), 'utf8')).split('too many connections for role').length - 1;

async function countConnections(): Promise<number> {
  const { rows } = await admin.query(`select count(*)::int as count from pg_stat_activity where usename = 'small'`);
  return rows[0].count;
}

/** The most connections that were seen at a time until the signal aborts. */
async function watchConnections(signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    most = Math.max(most, await countConnections());
    await sleep(50);
  }
  return most;
}

const missing = () => ({
  source: { bucket: 'project-videos', path: `nowhere/${randomUUID()}.mp4` },
  ownerId: null,
});

describe(`a pool of ${POOL} connections`, () => {
  it(`has room for ${WORKERS} workers, ${APIS} APIs and a producer that waits`, async () => {
    const over = new AbortController();
    const watching = watchConnections(over.signal);
    await Promise.all([
      ...Array.from({ length: WORKERS }, () => start('workers/media/dist/cli.js', ['worker'], /worker\.ready/)),
      ...Array.from({ length: APIS }, () => start('apps/web/dist/server/server-cli.js', ['--json'], /"ready":true/)),
    ]);
    const client = openQueueClient({ databaseUrl, rows: 'elsewhere' });
    const jobs = await Promise.all(Array.from({ length: 12 }, () => client.enqueueVideo(missing())));
    const ends = await Promise.allSettled(jobs.map(({ jobId }) => client.waitForVideo(jobId)));
    expect(ends.map((end) => end.status === 'rejected' && end.reason.code)).toEqual(Array(12).fill('job_failed'));
    await client.close();
    over.abort();
    expect(await watching).toBeLessThanOrEqual((WORKERS + APIS + 1) * PER_PROCESS);
    expect(await countRefusals()).toBe(0);
  }, 120_000);

  it('is waited for where it is full, and said once', async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    await expect.poll(countConnections).toBe(0);
    const others = Array.from({ length: POOL }, () => new pg.Client(databaseUrl));
    await Promise.all(others.map((other) => other.connect()));
    const lines: { event: string; msg: string }[] = [];
    let onLine = () => {};
    const write = (line: string): void => {
      lines.push(JSON.parse(line));
      onLine();
    };
    const log = pino({}, { write });
    const full = new Promise<void>((resolve) => {
      onLine = resolve;
    });
    const over = new AbortController();
    reportFullPool({ databaseUrl }, log, over.signal);
    const client = openQueueClient({ databaseUrl, rows: 'elsewhere' });
    const enqueueing = client.enqueueVideo(missing());
    await full;
    const doctor = readJson(
      await runCommand(['doctor', '--json'], { ...stack.environment, DATABASE_URL: databaseUrl }),
    );
    expect(doctor.findings).toContainEqual(expect.objectContaining({ check: 'queue', code: 'queue_full' }));
    await expect.poll(countRefusals).toBeGreaterThan(2);
    await Promise.all(others.map((other) => other.end()));
    expect((await enqueueing).state).toBe('created');
    await client.close();
    over.abort();
    expect(lines.map(({ event }) => event)).toEqual(['queue.full', 'queue.free']);
    expect(lines[0]?.msg).toMatch(/too many connections for role "small"/);
    expect(lines[0]?.msg).not.toMatch(/secret/);
  });
});
