/** A PgBouncer in front of a PostgreSQL, where the machine has one: what poolers do to the queue. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';

export interface TestPooler {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface PoolerOptions {
  readonly databaseUrl: string;
  readonly mode: 'session' | 'transaction';
  /** Drops the start-up options of clients instead of refusing them. */
  readonly ignoresOptions: boolean;
}

export const hasPgbouncer = (): boolean => spawnSync('pgbouncer', ['--version']).status === 0;

/** The user that PgBouncer becomes when root starts it: it refuses to run as root. */
const UNPRIVILEGED = { name: 'nobody', uid: 65_534, gid: 65_534 };

export async function startPgbouncer(options: PoolerOptions): Promise<TestPooler> {
  const url = new URL(options.databaseUrl);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'media-test-pgbouncer-'));
  const users = join(folder, 'users.txt');
  const settings = join(folder, 'pgbouncer.ini');
  await writeFile(users, `"${url.username}" "${decodeURIComponent(url.password)}"\n`);
  const ignored = options.ignoresOptions ? 'extra_float_digits,options' : 'extra_float_digits';
  await writeFile(
    settings,
    [
      '[databases]',
      `* = host=${url.hostname} port=${url.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${users}`,
      `pool_mode = ${options.mode}`,
      `ignore_startup_parameters = ${ignored}`,
    ].join('\n'),
  );
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o700);
    for (const path of [folder, users, settings]) await chown(path, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
  }
  const child = spawn('pgbouncer', [...(isRoot ? ['-u', UNPRIVILEGED.name] : []), settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  for await (const chunk of child.stderr) {
    log += String(chunk);
    if (/process up/.test(log)) break;
  }
  if (child.exitCode !== null) throw new Error(`PgBouncer ended:\n${log}`);
  url.port = String(port);
  return {
    url: url.href,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
