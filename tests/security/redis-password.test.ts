/**
 * Whoever can write the queue can have any object processed: Redis as deploy/ starts it asks for a password. By the very
 * commands of compose.yaml and redis.yaml, run with a real redis-server.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@supabase-media/test-support/ports';
import { hasRedisServer } from '@supabase-media/test-support/redis-server';
import { afterEach, describe, expect, it } from 'vitest';
import { readManifests, readYaml } from '../deploy/support/deploy-files.ts';

const PASSWORD = 'c0ffee'.repeat(10);

type Command = readonly [shell: string, flag: string, script: string];

/** Compose takes two dollars for one. */
const ofCompose = (): Command => {
  const { services } = readYaml('compose.yaml') as { services: { redis: { command: Command } } };
  const [shell, flag, script] = services.redis.command;
  return [shell, flag, script.replaceAll('$$', '$')];
};

const ofKubernetes = (): Command => {
  const [manifest] = readManifests().flatMap(([, found]) => (found.kind === 'StatefulSet' ? [found] : []));
  if (manifest === undefined) throw new Error('there is no StatefulSet');
  const { template } = manifest.spec as { template: { spec: { containers: [{ command: Command }] } } };
  return template.spec.containers[0].command;
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start([shell, flag, script]: Command) {
  const folder = await mkdtemp(join(tmpdir(), 'media-redis-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const here = script
    .replace(/ --dir \S+/, '')
    .replace('redis-server -', `redis-server - --port ${port} --dir ${folder}`);
  const child = spawn(shell, [flag, here], {
    env: { PATH: process.env.PATH, REDISCLI_AUTH: PASSWORD },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  closing.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  for (let log = ''; !log.includes('Ready to accept connections'); ) {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    log += String(chunk);
  }
  const ask = (password: string | undefined, ...words: string[]) =>
    spawnSync('redis-cli', ['-p', String(port), '--no-auth-warning', ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...(password !== undefined && { REDISCLI_AUTH: password }) },
    }).stdout.trim();
  return { child, exited, ask };
}

describe.skipIf(!hasRedisServer()).each([
  ['compose.yaml', ofCompose()],
  ['redis.yaml', ofKubernetes()],
])('Redis of %s', (_, command) => {
  it('answers nobody without the password, and keeps what it is given', async () => {
    const { ask } = await start(command);
    expect(ask(undefined, 'KEYS', '*')).toContain('NOAUTH');
    expect(ask('guessed', 'KEYS', '*')).toContain('NOAUTH');
    expect(ask(PASSWORD, 'PING')).toBe('PONG');
    expect(ask(PASSWORD, 'CONFIG', 'GET', 'maxmemory-policy')).toContain('noeviction');
    expect(ask(PASSWORD, 'CONFIG', 'GET', 'appendonly')).toContain('yes');
  });

  it('shows the password in no command line, and ends when it is told to', async () => {
    const { child, exited } = await start(command);
    const line = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
    expect(line).toContain('redis-server');
    expect(line).not.toContain(PASSWORD);
    child.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);
  });
});
