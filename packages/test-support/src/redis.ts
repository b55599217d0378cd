/**
 * A Redis for the tests: the one that REDIS_URL names, else `redis-server` from the PATH, else js-redis-server, which
 * keeps nothing and which npm installs on Node 22 and newer only. Where there is none of them the tests on Redis are
 * skipped, and global-setup.ts says so.
 */
import { hasRedisServer, startRedisServer } from './redis-server.ts';

/** A Redis to test on. */
export interface TestRedis {
  readonly url: string;
  readonly kind: RedisKind;
  readonly stop: () => Promise<void>;
}

type RedisKind = 'REDIS_URL' | 'redis-server' | 'js-redis-server' | 'none';

/** What is used of js-redis-server. Its own types are there only where npm installed it. */
interface JsRedisServer {
  createRedisMock(): Promise<{
    addresses(): readonly (string | { readonly host: string; readonly port: number })[];
    close(): Promise<unknown>;
  }>;
}

// A string to the compiler, so that it does not look for a package that may not be there.
const JS_REDIS_SERVER: string = 'js-redis-server';

function findRedis(): RedisKind {
  if (process.env.REDIS_URL) return 'REDIS_URL';
  if (hasRedisServer()) return 'redis-server';
  try {
    import.meta.resolve(JS_REDIS_SERVER);
    return 'js-redis-server';
  } catch {
    return 'none';
  }
}

/** Whether there is a Redis to test on: `describe.skipIf(!hasRedis())`. */
export const hasRedis = (): boolean => findRedis() !== 'none';

/** What the queue can be tested on here: `describe.each(queueBackends())`. */
export const queueBackends = (): readonly ('postgres' | 'redis')[] =>
  hasRedis() ? ['postgres', 'redis'] : ['postgres'];

/** Starts or finds one. Where there is none it has an address that nobody answers at: what needs it is skipped. */
export async function startRedis(): Promise<TestRedis> {
  const kind = findRedis();
  if (kind === 'none') return { url: 'redis://127.0.0.1:1', kind, stop: async () => {} };
  if (kind === 'REDIS_URL') return { url: String(process.env.REDIS_URL), kind, stop: async () => {} };
  if (kind === 'redis-server') {
    const { url, stop } = await startRedisServer(['--save', '', '--maxmemory-policy', 'noeviction']);
    return { url, kind, stop };
  }
  const { createRedisMock } = (await import(JS_REDIS_SERVER)) as JsRedisServer;
  const server = await createRedisMock();
  const address = server.addresses()[0];
  if (address === undefined) throw new Error('js-redis-server has no address');
  return {
    url: typeof address === 'string' ? address : `redis://${address.host}:${address.port}`,
    kind,
    stop: async () => void (await server.close()),
  };
}
