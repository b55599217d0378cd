/** The command line as a person uses it: starting, signals, crashes, and what it says when it cannot. */
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canEnter } from '../src/postgres/reachable.ts';
import { buildCli, isListening, type RunningCli, runCli } from './support/cli.ts';
import { call } from './support/http.ts';
import { removeTestFolder } from './support/stack.ts';
import { waitUntil } from './support/wait.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
let base: string;
let data: string;
const running: RunningCli[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'stack-cli-'));
  data = join(base, 'data');
  await buildCli();
});

afterAll(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const folder of [data, join(base, 'user')]) await removeTestFolder(folder);
  await removeTestFolder(base);
});

function start(args: readonly string[], identity?: { uid?: number; gid?: number }): RunningCli {
  const cli = runCli(['--port', '0', '--json', ...args], identity);
  running.push(cli);
  return cli;
}

function bearer(environment: Record<string, string>): { authorization: string } {
  return { authorization: `Bearer ${environment.SUPABASE_SERVICE_ROLE_KEY}` };
}

it('writes the environment, and ends with 0 at SIGTERM, nothing left behind', async () => {
  const envFile = join(base, 'stack.env');
  const cli = start(['--data', data, '--env-file', envFile]);
  const environment = await cli.ready;
  const text = await readFile(envFile, 'utf8');
  expect(text).toContain(`SUPABASE_URL=${environment.SUPABASE_URL}\n`);
  expect(text).toContain(`DATABASE_URL=${environment.DATABASE_URL}\n`);
  expect((await stat(envFile)).mode & 0o777).toBe(0o600);
  const headers = { ...bearer(environment), 'content-type': 'video/mp4' };
  const object = `${environment.SUPABASE_URL}/storage/v1/object/project-videos/kept.mp4`;
  expect((await call(object, { method: 'POST', headers, body: 'kept' })).status).toBe(200);
  cli.child.kill('SIGTERM');
  expect(await cli.ended).toMatchObject({ code: 0 });
  expect(await isListening(String(environment.DATABASE_URL))).toBe(false);
});

it('keeps keys and objects; after kill -9 too, which PostgreSQL does not survive', async () => {
  const first = start(['--data', data]);
  const before = await first.ready;
  first.child.kill('SIGKILL');
  await first.ended;
  await waitUntil(async () => !(await isListening(String(before.DATABASE_URL))));
  const second = start(['--data', data]);
  const after = await second.ready;
  expect(after.SUPABASE_SERVICE_ROLE_KEY).toBe(before.SUPABASE_SERVICE_ROLE_KEY);
  expect(after.SUPABASE_ANON_KEY).toBe(before.SUPABASE_ANON_KEY);
  const object = `${after.SUPABASE_URL}/storage/v1/object/project-videos/kept.mp4`;
  expect(await call(object, { headers: bearer(after) })).toMatchObject({ status: 200, text: 'kept' });

  const third = start(['--data', data]);
  expect((await third.ended).stderr).toMatch(/^error: Another stack \(process \d+\) is using .*\nhint: .*\n$/);
  second.child.kill('SIGINT');
  expect(await second.ended).toMatchObject({ code: 0 });
});

it('ends at once at a second signal', async () => {
  const cli = start(['--data', data]);
  const environment = await cli.ready;
  // An upload that never goes on keeps the first signal waiting.
  const stuck = createStuckUpload(environment);
  await stuck.started;
  cli.child.kill('SIGTERM');
  cli.child.kill('SIGINT');
  await cli.ended;
  await waitUntil(async () => !(await isListening(String(environment.DATABASE_URL))));
  await stuck.failed;
});

function createStuckUpload(environment: Record<string, string>): { started: Promise<void>; failed: Promise<void> } {
  const body = new Readable({ read: () => {} });
  body.push('a beginning');
  const failed = call(`${environment.SUPABASE_URL}/storage/v1/object/project-videos/stuck.mp4`, {
    method: 'POST',
    headers: { ...bearer(environment), 'content-type': 'video/mp4', 'content-length': 1000 },
    body,
  }).then(
    () => {},
    () => {},
  );
  const incoming = join(data, 'storage', 'incoming');
  return { started: waitUntil(async () => (await readdir(incoming)).length > 0), failed };
}

it('--fresh begins with nothing and new keys', async () => {
  const old = JSON.parse(await readFile(join(data, 'secrets.json'), 'utf8'));
  const cli = start(['--data', data, '--fresh']);
  const environment = await cli.ready;
  expect(environment.SUPABASE_JWT_SECRET).not.toBe(old.jwtSecret);
  const object = `${environment.SUPABASE_URL}/storage/v1/object/project-videos/kept.mp4`;
  expect((await call(object, { headers: bearer(environment) })).json).toMatchObject({ code: 'NoSuchKey' });
  cli.child.kill('SIGTERM');
  await cli.ended;
});

it.skipIf(!isRoot)('runs as an ordinary user, and as root on what that user left', async () => {
  const repository = fileURLToPath(new URL('../../..', import.meta.url));
  if (!(await canEnter(repository, { ...NOBODY, name: 'nobody' }))) return;
  const own = join(base, 'user');
  await mkdir(own);
  await chown(own, NOBODY.uid, NOBODY.gid);
  await chmod(base, 0o755);
  for (const identity of [NOBODY, {}]) {
    const cli = start(['--data', own], identity);
    const environment = await cli.ready;
    expect((await call(`${environment.SUPABASE_URL}/storage/v1/bucket`, { headers: bearer(environment) })).status).toBe(
      200,
    );
    cli.child.kill('SIGTERM');
    expect(await cli.ended).toMatchObject({ code: 0 });
  }
});

describe('says in one line what is wrong, and in one more what to do', () => {
  const LINES = /^error: [^\n]+\nhint: [^\n]+\n$/;

  it('when the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { code, stderr } = await runCli(['--data', data, '--port', String(port)]).ended;
    server.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(LINES);
    expect(stderr).toContain(`Port ${port} is in use`);
  });

  it('when the folder holds what is not ours', async () => {
    const foreign = join(base, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'precious'), 'x');
    const { code, stderr } = await runCli(['--data', foreign, '--fresh']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(LINES);
    expect(await readFile(join(foreign, 'precious'), 'utf8')).toBe('x');
  });

  it('when the folder is a file', async () => {
    await writeFile(join(base, 'file'), 'x');
    const { code, stderr } = await runCli(['--data', join(base, 'file')]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(LINES);
  });
});

it('explains itself in 80 columns', async () => {
  const { code, stdout } = await runCli(['--help']).ended;
  expect(code).toBe(0);
  for (const option of [
    '--port',
    '--data',
    '--fresh',
    '--env-file',
    '--jwt-secret',
    '--storage-url',
    '--backend',
    '--json',
  ]) {
    expect(stdout).toContain(option);
  }
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
