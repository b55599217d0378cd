/**
 * What `sslmode` does, seen by a PostgreSQL whose certificate a private authority signed, and by a PgBouncer that knows
 * no TLS: `pg_stat_ssl` says whether a connection is encrypted.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Postgres, startPostgres } from '@supabase-media/local-stack/postgres/start-postgres';
import { hasPgbouncer, startPgbouncer } from '@supabase-media/test-support/pgbouncer';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assertQueueReachable } from '../src/backend.ts';
import { inspectPostgres } from '../src/inspect-postgres.ts';
import { leasePool } from '../src/postgres/shared-pool.ts';

const run = promisify(execFile);

let folder: string;
let postgres: Postgres;
/** Trusts `server.crt`; the other one does not. */
const authority = () => join(folder, 'ca.crt');
const stranger = () => join(folder, 'stranger.crt');

const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });

/** Two authorities, and a certificate of the first for `localhost`. */
async function makeCertificates(): Promise<void> {
  for (const name of ['ca', 'stranger'])
    await openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`],
    );
  await openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'server.key', '-out', 'server.csr'],
  );
  await openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-days', '2', '-copy_extensions', 'copy', '-out', 'server.crt'],
  );
}

async function ask(sql: string): Promise<void> {
  const client = new pg.Client(postgres.databaseUrl);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** The server writes its own files: they belong to whoever it runs as. */
async function giveFile(name: string): Promise<void> {
  const text = await readFile(join(folder, name), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => `('${line}')`);
  await ask(`copy (select line from (values ${lines.join(',')}) as file(line)) to program 'umask 077; cat > ${name}'`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-encryption-'));
  const dataFolder = join(folder, 'data');
  await mkdir(dataFolder);
  postgres = await startPostgres({ dataFolder, password: 'secret-password' });
  await makeCertificates();
  await giveFile('server.crt');
  await giveFile('server.key');
  await ask('alter system set ssl = on');
  await ask('select pg_reload_conf()');
  // The server reads its settings anew a moment later.
  await vi.waitFor(async () => expect(await isEncrypted('sslmode=prefer')).toBe(true));
});
afterAll(async () => {
  await postgres?.stop();
  for (const left of [folder, postgres?.elsewhere])
    if (left !== undefined) await rm(left, { recursive: true, force: true });
});

function address(parameters: string, host = 'localhost'): string {
  const url = new URL(postgres.databaseUrl);
  url.hostname = host;
  url.search = parameters;
  return url.href;
}

async function isEncrypted(parameters: string, databaseUrl = address(parameters)): Promise<boolean> {
  const lease = leasePool({ databaseUrl });
  try {
    const { rows } = await lease.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    return (rows[0] as { ssl: boolean }).ssl;
  } finally {
    await lease.release();
  }
}

describe('a server that has encryption', () => {
  it.each([
    ['', true],
    ['sslmode=prefer', true],
    ['sslmode=disable', false],
    ['sslmode=allow', false],
    ['sslmode=require', true],
    ['ssl=true', true],
  ])('%s: %s', async (parameters, encrypted) => {
    expect(await isEncrypted(parameters)).toBe(encrypted);
  });

  it('is trusted by its authority where that is asked for, and by its name', async () => {
    const root = (mode: string, file: string) => `sslmode=${mode}&sslrootcert=${encodeURIComponent(file)}`;
    const on = (mode: string, file: string, host: string) => isEncrypted('', address(root(mode, file), host));
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      expect(await on(mode, authority(), 'localhost')).toBe(true);
    // The certificate is for localhost: its authority is right, its name is not.
    for (const mode of ['require', 'verify-ca']) expect(await on(mode, authority(), '127.0.0.1')).toBe(true);
    await expect(on('verify-full', authority(), '127.0.0.1')).rejects.toThrow(/does not match certificate/);
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      await expect(on(mode, stranger(), 'localhost')).rejects.toThrow(/certificate/);
    await expect(isEncrypted('sslmode=verify-full')).rejects.toThrow(/certificate/);
    await expect(on('verify-full', '/no/such/file', 'localhost')).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('is the same to the checks and to the listening connection', async () => {
    const url = address('sslmode=require');
    expect((await inspectPostgres(url, AbortSignal.timeout(20_000))).notifies).toBe(true);
    const lease = leasePool({ databaseUrl: url });
    const listener = await lease.listen();
    const { rows } = await listener.query(
      `select ssl, current_setting('search_path') as path from pg_stat_ssl where pid = pg_backend_pid()`,
    );
    await listener.end();
    await lease.release();
    expect(rows).toEqual([{ ssl: true, path: '"bullmq"' }]);
  });
});

describe.skipIf(!hasPgbouncer())('a PgBouncer without TLS', () => {
  it('is spoken to in plaintext where that is allowed, and not where it is not', async () => {
    const pooler = await startPgbouncer({ databaseUrl: postgres.databaseUrl, mode: 'session', ignoresOptions: true });
    try {
      const via = (parameters: string) => `${pooler.url}${parameters}`;
      await assertQueueReachable({ databaseUrl: pooler.url });
      await assertQueueReachable({ databaseUrl: via('?sslmode=prefer') });
      await expect(assertQueueReachable({ databaseUrl: via('?sslmode=require') })).rejects.toThrow(
        /does not support SSL/,
      );
    } finally {
      await pooler.stop();
    }
  });
});

describe('pg_hba.conf', () => {
  it('may insist on encryption, or refuse it', async () => {
    const local = (parameters: string) => address(parameters, '127.0.0.1');
    const allow = async (kind: 'hostssl' | 'hostnossl') => {
      const lease = leasePool({ databaseUrl: local('') });
      await lease.query(`copy (select '${kind} all all 127.0.0.1/32 trust') to program 'cat > pg_hba.conf'`);
      await lease.query('select pg_reload_conf()');
      await lease.release();
    };
    const on = (parameters: string) => isEncrypted('', local(parameters));
    const refuses = (parameters: string) =>
      expect.poll(() => on(parameters).catch((error) => error.code)).toBe('28000');
    await allow('hostssl');
    await refuses('sslmode=disable');
    expect(await on('')).toBe(true);
    expect(await on('sslmode=allow')).toBe(true);
    await allow('hostnossl');
    await refuses('sslmode=require');
    expect(await on('')).toBe(false);
    expect((await inspectPostgres(local(''), AbortSignal.timeout(20_000))).notifies).toBe(true);
  });
});
