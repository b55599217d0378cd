/**
 * A Redis for the tests: the one that REDIS_URL names, else `redis-server` from the PATH, else js-redis-server, which
 * keeps nothing and serves where there is no other.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Redis to test on. */
export interface TestRedis {
  readonly url: string;
  readonly kind: 'REDIS_URL' | 'redis-server' | 'js-redis-server';
  readonly stop: () => Promise<void>;
}

/** Starts or finds one. */
export async function startRedis(): Promise<TestRedis> {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, kind: 'REDIS_URL', stop: async () => {} };
  if (spawnSync('redis-server', ['--version']).status === 0) return startRedisServer();
  const { createRedisMock } = await import('js-redis-server');
  const server = await createRedisMock();
  const address = server.addresses()[0];
  if (address === undefined) throw new Error('js-redis-server has no address');
  return {
    url: typeof address === 'string' ? address : `redis://${address.host}:${address.port}`,
    kind: 'js-redis-server',
    stop: async () => void (await server.close()),
  };
}

async function startRedisServer(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'media-test-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const chunk of child.stdout) if (String(chunk).includes('Ready to accept connections')) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    kind: 'redis-server',
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
