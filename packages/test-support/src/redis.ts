/**
 * A Redis for the tests: the one that REDIS_URL names, else `redis-server` from the PATH, else js-redis-server, which
 * keeps nothing and serves where there is no other.
 */
import { hasRedisServer, startRedisServer } from './redis-server.ts';

/** A Redis to test on. */
export interface TestRedis {
  readonly url: string;
  readonly kind: 'REDIS_URL' | 'redis-server' | 'js-redis-server';
  readonly stop: () => Promise<void>;
}

/** Starts or finds one. */
export async function startRedis(): Promise<TestRedis> {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, kind: 'REDIS_URL', stop: async () => {} };
  if (hasRedisServer()) {
    const { url, stop } = await startRedisServer(['--save', '', '--maxmemory-policy', 'noeviction']);
    return { url, kind: 'redis-server', stop };
  }
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
