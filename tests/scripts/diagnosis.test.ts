/**
 * Typical mistakes in a set-up have one name, whoever meets them: the worker and the intake API at their start, and
 * `media doctor`. Each process is the built command, in an environment that is really wrong.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '@supabase-media/local-stack/stack/start-stack';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { hasRedisServer, startRedisServer } from '@supabase-media/test-support/redis-server';
import { ROOT } from '@supabase-media/test-support/repository';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let stack: Stack;
let redis: Awaited<ReturnType<typeof startRedisServer>> | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-diagnosis-'));
  stack = await startStack({ dataFolder: join(folder, 'stack') });
  if (hasRedisServer()) redis = await startRedisServer(['--requirepass', 'right-password']);
});
afterAll(async () => {
  await redis?.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Changes = Readonly<Record<string, string | undefined>>;

const environmentWith = (changes: Changes): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      ...stack.environment,
      WORK_DIR: join(folder, 'work'),
      METRICS_PORT: '0',
      WEB_HOST: '127.0.0.1',
      WEB_PORT: '0',
      LOG_FORMAT: 'json',
      ...changes,
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

async function askWorker(changes: Changes): Promise<string> {
  const result = await runCommand(['worker', '--json'], environmentWith(changes));
  expect(result.exitCode).toBe(1);
  return (readJson(result) as { error: { code: string } }).error.code;
}

/** The code that the API ends with, or, of what may pass, the first that it logs as an error. */
async function askApi(changes: Changes): Promise<string> {
  const child = spawn(process.execPath, ['--', join(ROOT, 'apps/web/dist/server/server-cli.js')], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environmentWith(changes) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const found = new Promise<string>((resolve) => {
    child.stderr.on('data', (chunk) => {
      written += String(chunk);
      const code = /error \((\w+)\)|"level":"error"[^\n]*"event":"doctor.finding"[^\n]*"code":"(\w+)"/.exec(written);
      if (code !== null) resolve(String(code[1] ?? code[2]));
    });
  });
  const ended = once(child, 'close').then(() => `ended without a finding: ${written}`);
  const code = await Promise.race([found, ended]);
  child.kill('SIGTERM');
  await ended;
  return code;
}

async function askDoctor(changes: Changes): Promise<string> {
  const result = await runCommand(['doctor', '--json'], environmentWith(changes));
  expect(result.exitCode).toBe(1);
  const answer = readJson(result) as {
    error?: { code: string };
    findings?: { status: string; code: string; remedy?: string }[];
  };
  if (answer.error !== undefined) return answer.error.code;
  const first = answer.findings?.find(({ status }) => status === 'error');
  expect(first?.remedy).toMatch(/\S{3}/);
  return String(first?.code);
}

const withPassword = (url: string, password: string): string => {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
};

/** A port that takes connections and says nothing that is TLS. */
async function startPlain(): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
    },
  };
}

describe('the worker, the API and the doctor say', () => {
  it.each<[string, () => Changes, string]>([
    ['of the anonymous key', () => ({ SUPABASE_SERVICE_ROLE_KEY: stack.anonKey }), 'key_not_service_role'],
    ['of the address of one API', () => ({ SUPABASE_URL: `${stack.url}/rest/v1` }), 'url_of_one_api'],
    ['of an address without a server', () => ({ SUPABASE_URL: 'http://127.0.0.1:9' }), 'storage_unreachable'],
    ['of a bucket that is not there', () => ({ RESULT_BUCKET: 'nowhere' }), 'bucket_missing'],
    [
      "of a database's wrong password",
      () => ({ DATABASE_URL: withPassword(stack.databaseUrl, 'wrong-password') }),
      'queue_unauthorized',
    ],
    ['of a queue that is away', () => ({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:9/x' }), 'queue_unreachable'],
    [
      'of encryption that the database does not have',
      () => ({ DATABASE_URL: `${stack.databaseUrl}?sslmode=require` }),
      'queue_encryption',
    ],
    [
      'of a certificate that is not there',
      () => ({ DATABASE_URL: `${stack.databaseUrl}?sslmode=verify-full&sslrootcert=/no/such/file` }),
      'queue_encryption',
    ],
    [
      'of a password that is not percent-encoded',
      () => ({ DATABASE_URL: 'postgres://me:50%@127.0.0.1:5432/x' }),
      'config_invalid',
    ],
  ])('%s the same', async (_mistake, changes, code) => {
    const [worker, api, doctor] = await Promise.all([askWorker(changes()), askApi(changes()), askDoctor(changes())]);
    expect({ worker, api, doctor }).toEqual({ worker: code, api: code, doctor: code });
  });

  it.skipIf(!hasRedisServer())("of a Redis' wrong password the same", async () => {
    const changes = { REDIS_URL: withPassword(String(redis?.url), 'wrong-password') };
    const answers = await Promise.all([askWorker(changes), askApi(changes), askDoctor(changes)]);
    expect(answers).toEqual(Array(3).fill('queue_unauthorized'));
  });

  it('of https where http is spoken the same', async () => {
    const plain = await startPlain();
    try {
      const changes = { SUPABASE_URL: plain.url };
      const answers = await Promise.all([askWorker(changes), askApi(changes), askDoctor(changes)]);
      expect(answers).toEqual(Array(3).fill('url_scheme_wrong'));
    } finally {
      await plain.stop();
    }
  });

  it('of a table that is not there the same; and of the sessions of uploads the API', async () => {
    const change = async (sql: string) => {
      const client = new pg.Client(stack.databaseUrl);
      await client.connect();
      await client.query(sql);
      await client.end();
    };
    await change('alter table public.upload_sessions rename to sessions_away');
    try {
      expect(await askApi({})).toBe('migrations_missing');
    } finally {
      await change('alter table public.sessions_away rename to upload_sessions');
    }
    await change('alter table public.removed_media rename to removed_away');
    try {
      const answers = await Promise.all([askWorker({}), askApi({}), askDoctor({})]);
      expect(answers).toEqual(Array(3).fill('migrations_missing'));
    } finally {
      await change('alter table public.removed_away rename to removed_media');
    }
  });
});

describe('the API says', () => {
  it('that it cannot verify tokens of users', async () => {
    expect(await askApi({ SUPABASE_JWT_SECRET: undefined })).toBe('jwt_secret_missing');
  });
});
