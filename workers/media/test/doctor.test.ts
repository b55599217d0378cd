/**
 * `media doctor` names the cause: every environment here is really broken (servers, keys, disks, proxies, programs), and
 * the doctor finds that cause and nothing misleading. A working environment has no findings.
 */
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindingCode } from '@supabase-media/diagnosis/findings';
import { type Stack, startStack } from '@supabase-media/local-stack/stack/start-stack';
import { locateTools } from '@supabase-media/media/locate-tools';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { type FaultRule, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { hasPgbouncer, startPgbouncer } from '@supabase-media/test-support/pgbouncer';
import { hasRedisServer, startRedisServer } from '@supabase-media/test-support/redis-server';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DoctorReport, runDoctor, runFastChecks } from '../src/doctor/run-doctor.ts';
import { loadConfig } from '../src/load-config.ts';

let folder: string;
let stack: Stack;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-doctor-'));
  stack = await startStack({ dataFolder: join(folder, 'stack') });
});
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const signal = () => AbortSignal.timeout(50_000);

const environmentOf = (changes: Record<string, string | undefined>, of: Stack = stack) => ({
  ...of.environment,
  WORK_DIR: join(folder, 'work'),
  LOG_LEVEL: 'silent',
  ...changes,
});

const examine = (
  changes: Record<string, string | undefined> = {},
  options: { of?: Stack; probe?: boolean } = {},
): Promise<DoctorReport> =>
  runDoctor({
    config: loadConfig({ environment: environmentOf(changes, options.of) }),
    signal: signal(),
    probe: options.probe,
  });

/** What a worker checks when it starts: everything but the proxies. */
const examineAtStart = (changes: Record<string, string | undefined>): Promise<DoctorReport> =>
  runFastChecks({ config: loadConfig({ environment: environmentOf(changes) }), signal: signal() });

/** True of the process that runs the tests, whatever they do. */
const OF_THIS_PROCESS: readonly string[] = process.getuid?.() === 0 ? ['runs_as_root'] : [];

/** ffmpeg and ffprobe are optional packages. */
const hasNpmTools = await locateTools({ searchPath: '' }).then(
  () => true,
  () => false,
);

/** The codes of all problems. */
const complaints = ({ findings }: DoctorReport): string[] =>
  findings.filter(({ status, code }) => status !== 'ok' && !OF_THIS_PROCESS.includes(code)).map(({ code }) => code);

const expectOnly = (report: DoctorReport, ...codes: FindingCode[]) => {
  expect([...new Set(complaints(report))]).toEqual(codes);
  for (const finding of report.findings) {
    if (finding.status === 'ok') continue;
    expect(finding.remedy, finding.code).toMatch(/\S{3}/);
    expect(finding.meaning, finding.code).toMatch(/\S{3}/);
  }
};

const behind = async (rule: FaultRule): Promise<string> => {
  const proxy = await startFaultProxy(stack.url, rule);
  closing.push(proxy.close);
  return proxy.url;
};

/** A token as Supabase signs its keys (RFC 7519, HS256). */
function signKey(claims: Record<string, unknown>, secret: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function ask(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(sql);
  await client.end();
}

describe('a working environment', () => {
  it('has no problems, and nothing is left behind', async () => {
    const proxy = await startFaultProxy(stack.url, () => ({ kind: 'pass' }));
    closing.push(proxy.close);
    const report = await examine({ SUPABASE_URL: proxy.url }, { probe: true });
    expectOnly(report);
    expect(report.status).toBe(OF_THIS_PROCESS.length === 0 ? 'ok' : 'warning');
    expect(new Set(report.findings.map(({ check }) => check))).toEqual(
      new Set([
        'ffmpeg',
        'isolation',
        'disk',
        'queue',
        'storage',
        'buckets',
        'limits',
        'resumable',
        'edge',
        'proof',
        'database',
        'clock',
      ]),
    );
    const client = new pg.Client(stack.databaseUrl);
    await client.connect();
    const { rows } = await client.query('select name from storage.objects');
    await client.end();
    expect(rows).toEqual([]);
    // One upload for each bucket and one for the chunk, each of them given up again.
    const count = (start: string) =>
      proxy.seen.filter((line) => line.startsWith(`${start} /storage/v1/upload/`)).length;
    expect([count('POST'), count('DELETE')]).toEqual([3, 3]);
  });

  it('takes a second for the part that a worker runs at start', async () => {
    const config = loadConfig({ environment: environmentOf({}) });
    const report = await runFastChecks({ config, signal: signal() });
    expectOnly(report);
    expect(report.seconds).toBeLessThan(10);
    expect(report.findings.map(({ check }) => check)).not.toContain('edge');
  });

  it.skipIf(!hasRedisServer())('is all green with a Redis that keeps its jobs', async () => {
    const redis = await startRedisServer(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']);
    closing.push(redis.stop);
    expectOnly(await examine({ REDIS_URL: redis.url }));
  });
});

describe('the key', () => {
  it('is not of this project', async () => {
    const key = signKey({ role: 'service_role', iss: 'supabase' }, 'another secret, of some other project');
    const report = await examine({ SUPABASE_SERVICE_ROLE_KEY: key });
    expectOnly(report, 'storage_unauthorized', 'check_skipped');
    expect(JSON.stringify(report)).not.toContain(key);
  });

  it('is the anonymous one', async () => {
    const report = await examine({ SUPABASE_SERVICE_ROLE_KEY: stack.anonKey });
    expectOnly(report, 'key_not_service_role', 'check_skipped');
  });

  it('has expired', async () => {
    const key = signKey({ role: 'service_role', exp: 1_700_000_000 }, stack.jwtSecret);
    expectOnly(await examine({ SUPABASE_SERVICE_ROLE_KEY: key }), 'key_expired', 'check_skipped');
  });
});

describe('the address', () => {
  it('has no server', async () => {
    const report = await examine({ SUPABASE_URL: 'http://127.0.0.1:9' });
    expectOnly(report, 'storage_unreachable', 'check_skipped');
  });

  it('is of another web server', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end('<h1>Not Found</h1>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    const report = await examine({ SUPABASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    expectOnly(report, 'storage_not_supabase', 'check_skipped');
  });

  it('is not set', async () => {
    const report = await examine({ SUPABASE_URL: undefined, DATABASE_URL: undefined });
    expectOnly(report, 'queue_not_configured', 'supabase_not_configured');
  });
});

describe('the buckets and their limits', () => {
  it('a bucket is missing', async () => {
    const report = await examine({ RESULT_BUCKET: 'no-such-bucket' });
    expectOnly(report, 'bucket_missing');
    expect(JSON.stringify(report)).toContain('no-such-bucket');
  });

  it('a bucket allows 50 MB', async () => {
    await ask(stack.databaseUrl, `update storage.buckets set file_size_limit = 50000000 where id = 'project-videos'`);
    closing.push(() => ask(stack.databaseUrl, `update storage.buckets set file_size_limit = 2147483648`));
    const report = await examine();
    expectOnly(report, 'limit_bucket');
    expect(JSON.stringify(report)).toContain('50.0 MB');
  });

  it('a bucket does not allow videos', async () => {
    await ask(
      stack.databaseUrl,
      `update storage.buckets set allowed_mime_types = '{image/png}' where id = 'project-videos'`,
    );
    closing.push(() => ask(stack.databaseUrl, `update storage.buckets set allowed_mime_types = null`));
    expectOnly(await examine(), 'type_refused');
  });

  it('a bucket is public', async () => {
    await ask(stack.databaseUrl, `update storage.buckets set public = true where id = 'project-videos'`);
    closing.push(() => ask(stack.databaseUrl, `update storage.buckets set public = false`));
    expectOnly(await examine(), 'bucket_public');
  });

  it('the project allows 50 MB, whatever its buckets allow', async () => {
    const small = await startStack({ dataFolder: join(folder, 'small'), fileSizeLimit: 50_000_000 });
    closing.push(() => small.stop());
    const report = await examine({}, { of: small });
    expectOnly(report, 'limit_project');
    expect(JSON.stringify(report)).toContain('50000000 bytes');
  });

  it('single requests allow 50 MB, and resumable ones everything', async () => {
    const small = await startStack({ dataFolder: join(folder, 'single'), standardFileSizeLimit: 50_000_000 });
    closing.push(() => small.stop());
    expectOnly(await examine({}, { of: small }), 'limit_request');
  });
});

describe('the tables', () => {
  it('are older than this version', async () => {
    const old = await startStack({ dataFolder: join(folder, 'old') });
    closing.push(() => old.stop());
    await ask(old.databaseUrl, 'alter table public.videos rename column facts to notes');
    expectOnly(await examine({}, { of: old }), 'migrations_missing');
  });
});

describe('a proxy in front of Storage', () => {
  const page = { kind: 'answer', status: 413, body: '<h1>413 Request Entity Too Large</h1>' } as const;

  it.each([
    [500_000, 'edge_body_limit_small'],
    [1_048_576, 'edge_body_limit'],
    [50_000_000, 'edge_body_limit'],
  ] as const)('refuses bodies above %i', async (limit, code) => {
    const url = await behind(({ bytes }) => (bytes > limit ? page : { kind: 'pass' }));
    expectOnly(await examine({ SUPABASE_URL: url }), code);
  });

  it('accepts declared body sizes and breaks real bodies', async () => {
    const url = await behind(({ method }) =>
      method === 'PATCH' ? { kind: 'cut', afterBytes: 1e6 } : { kind: 'pass' },
    );
    expectOnly(await examine({ SUPABASE_URL: url }));
    expectOnly(await examine({ SUPABASE_URL: url }, { probe: true }), 'edge_breaks_bodies');
  });

  it('gives ETags that are no digest of the content', async () => {
    const url = await behind(({ path }) =>
      path.includes('/object/info/')
        ? { kind: 'alter-answer', from: /"etag":"(\\")?[0-9a-f]{32}/, to: `"etag":"$1${'0'.repeat(32)}` }
        : { kind: 'pass' },
    );
    expectOnly(await examine({ SUPABASE_URL: url }));
    expectOnly(await examine({ SUPABASE_URL: url }, { probe: true }), 'etag_no_proof');
  });

  it('rejects large requests for other reasons than their size', async () => {
    const url = await behind(({ path }) =>
      path.includes('/object/') ? { kind: 'answer', status: 403, body: '<h1>Blocked</h1>' } : { kind: 'pass' },
    );
    expectOnly(await examine({ SUPABASE_URL: url }), 'request_refused');
  });

  it('names another host in Location', async () => {
    const url = await behind(() => ({ kind: 'rewrite-location', origin: 'http://storage:5000' }));
    const report = await examine({ SUPABASE_URL: url });
    expectOnly(report, 'resumable_location_elsewhere');
    expect(JSON.stringify(report)).toContain('http://storage:5000');
  });

  it('keeps unfinished uploads for an hour', async () => {
    const life = { 'upload-expires': 'Sat, 21 Nov 2026 01:00:00 GMT', date: 'Sat, 21 Nov 2026 00:00:00 GMT' };
    const url = await behind(({ method, path }) =>
      method === 'POST' && path.includes('/upload/resumable')
        ? { kind: 'rewrite-headers', headers: life }
        : { kind: 'pass' },
    );
    const report = await examine({ SUPABASE_URL: url });
    expectOnly(report, 'resumable_expires_early');
    expect(JSON.stringify(report)).toContain('kept for 1 h 00 min');
  });

  it('blocks resumable uploads', async () => {
    const url = await behind(({ path }) =>
      path.includes('/upload/resumable') ? { kind: 'answer', status: 405, body: 'no' } : { kind: 'pass' },
    );
    expectOnly(await examine({ SUPABASE_URL: url }), 'resumable_missing');
  });

  it.each([
    [-30_000, 'clock_skewed'],
    [600_000, 'clock_wrong'],
  ] as const)('has a clock that is %i ms off', async (aheadMs, code) => {
    const url = await behind(() => ({
      kind: 'rewrite-headers',
      headers: { date: new Date(Date.now() + aheadMs).toUTCString() },
    }));
    expectOnly(await examineAtStart({ SUPABASE_URL: url }), code);
  });
});

describe.skipIf(!hasRedisServer())('Redis', () => {
  const start = async (...settings: string[]) => {
    const redis = await startRedisServer(settings);
    closing.push(redis.stop);
    return redis.url;
  };
  const KEEPS = ['--appendonly', 'yes'] as const;

  it.each([
    ['evicts', [...KEEPS, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'], 'redis_evicts'],
    ['would evict', [...KEEPS, '--maxmemory-policy', 'volatile-lru'], 'redis_would_evict'],
    ['keeps nothing', ['--save', ''], 'redis_keeps_nothing'],
    ['keeps snapshots only', ['--save', '3600 1'], 'redis_snapshots_only'],
    ['is nearly full', [...KEEPS, '--maxmemory', '1mb'], 'redis_memory_high'],
    ['is a replica', [...KEEPS, '--replicaof', '127.0.0.1 9'], 'redis_read_only'],
  ] as const)('%s', async (_what, settings, code) => {
    expectOnly(await examineAtStart({ REDIS_URL: await start(...settings) }), code);
  });

  it('does not know the password', async () => {
    const url = await start(...KEEPS, '--requirepass', 'correct-horse');
    const report = await examineAtStart({ REDIS_URL: url.replace('redis://', 'redis://:wrong-horse@') });
    expectOnly(report, 'queue_unauthorized');
    expect(JSON.stringify(report)).not.toContain('wrong-horse');
  });

  it('is gone', async () => {
    expectOnly(await examineAtStart({ REDIS_URL: 'redis://127.0.0.1:9' }), 'queue_unreachable');
  });
});

describe('PostgreSQL as the queue', () => {
  it('is gone', async () => {
    expectOnly(
      await examineAtStart({ DATABASE_URL: 'postgres://postgres:secret@127.0.0.1:9/postgres' }),
      'queue_unreachable',
    );
  });

  it('does not know the password', async () => {
    const url = new URL(stack.databaseUrl);
    url.password = 'wrong-horse';
    const report = await examineAtStart({ DATABASE_URL: url.href });
    expectOnly(report, 'queue_unauthorized');
    expect(JSON.stringify(report)).not.toContain('wrong-horse');
  });

  it.skipIf(!hasPgbouncer()).each([
    ['transaction', false, ['postgres_pooler_drops_search_path', 'postgres_pooler_no_listen']],
    ['transaction', true, ['postgres_pooler_drops_search_path', 'postgres_pooler_no_listen']],
    ['session', false, ['postgres_pooler_drops_search_path']],
    ['session', true, ['postgres_pooler_drops_search_path']],
  ] as const)('is behind a pooler for each %s (options ignored: %s)', async (mode, ignoresOptions, codes) => {
    const pooler = await startPgbouncer({ databaseUrl: stack.databaseUrl, mode, ignoresOptions });
    closing.push(pooler.stop);
    expectOnly(await examineAtStart({ DATABASE_URL: pooler.url }), ...codes);
  });

  it.skipIf(!hasPgbouncer())('is behind a pooler, for a user whose search_path is set in the database', async () => {
    const name = `queue_${process.pid}`;
    await ask(stack.databaseUrl, `create database ${name}`);
    await ask(stack.databaseUrl, `alter database ${name} set search_path = bullmq`);
    const url = new URL(stack.databaseUrl);
    url.pathname = name;
    const pooler = await startPgbouncer({ databaseUrl: url.href, mode: 'session', ignoresOptions: true });
    closing.push(pooler.stop);
    expectOnly(await examineAtStart({ DATABASE_URL: pooler.url }));
  });
});

describe('ffmpeg', () => {
  /** A program that is the real one but for what it says of itself. */
  const wrap = async (name: string, hidden: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\nffmpeg "$@" | grep -v -E '${hidden}'\n`);
    await chmod(path, 0o755);
    return path;
  };

  it('is missing', async () => {
    expectOnly(await examineAtStart({ FFMPEG_PATH: '/no/such/ffmpeg' }), 'ffmpeg_missing');
  });

  it('was built without libx264', async () => {
    const report = await examineAtStart({ FFMPEG_PATH: await wrap('no-x264', ' libx264 ') });
    expectOnly(report, 'ffmpeg_lacks_parts');
    expect(JSON.stringify(report)).toContain('encoder libx264');
  });

  it('was built without zimg', async () => {
    expectOnly(await examineAtStart({ FFMPEG_PATH: await wrap('no-zimg', ' zscale ') }), 'ffmpeg_no_hdr');
  });
});

describe('the isolation of ffmpeg', () => {
  it.skipIf(!hasNpmTools)('is told part by part: programs from npm, and no util-linux', async () => {
    const environment = { ...environmentOf({}), PATH: '/no/such/folder' } as Record<string, string>;
    const report = readJson(await runCommand(['doctor', '--json'], environment)) as unknown as DoctorReport;
    expect(complaints(report)).toEqual([
      'ffmpeg_from_npm',
      'isolation_no_limits',
      'isolation_privileges',
      'isolation_network',
      'isolation_keys',
    ]);
  });
});

describe('the folder for jobs', () => {
  it('is no folder', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    expectOnly(await examineAtStart({ WORK_DIR: file }), 'work_dir_unusable');
  });

  it('is small, and in memory', async (context) => {
    const place = join(folder, 'tiny');
    await mkdir(place);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', place]);
    if (mounted.status !== 0) context.skip();
    closing.push(async () => spawnSync('umount', [place]));
    expectOnly(await examineAtStart({ WORK_DIR: place }), 'disk_low', 'disk_in_memory');
  });
});

describe('on the command line', () => {
  it('exits with 1 for an error, prints 80 columns, and one object with --json', async () => {
    const broken = environmentOf({ REDIS_URL: 'redis://:secret-password@127.0.0.1:9' }) as Record<string, string>;
    const told = await runCommand(['doctor'], broken);
    expect(told.exitCode).toBe(1);
    expect(told.stdout).toContain('queue_unreachable');
    expect(told.stdout).not.toContain('secret-password');
    for (const line of told.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);

    const report = await runCommand(['doctor', '--json'], broken);
    expect(report.exitCode).toBe(1);
    expect(readJson(report)).toMatchObject({ status: 'error' });
  });

  it('exits with 0 without problems', async () => {
    const told = await runCommand(['doctor'], environmentOf({}) as Record<string, string>);
    expect(told.stdout).toContain(`errors: 0, warnings: ${OF_THIS_PROCESS.length}`);
    expect(told.exitCode).toBe(0);
  });
});
