/** What `media doctor` wants to know of a Redis, measured. Judged in `doctor/`. */
import { Redis } from 'ioredis';

/** `undefined` where the server does not say: hosted ones forbid CONFIG. */
export interface RedisFacts {
  readonly version: string | undefined;
  readonly role: string | undefined;
  readonly maxmemoryPolicy: string | undefined;
  /** 0 for no limit. */
  readonly maxmemoryBytes: number | undefined;
  readonly usedMemoryBytes: number | undefined;
  readonly appendOnly: boolean | undefined;
  /** Whether snapshots are taken by themselves. */
  readonly snapshots: boolean | undefined;
  /** How far its clock is ahead of ours, in milliseconds. */
  readonly clockAheadMs: number | undefined;
}

const CONNECT_TIMEOUT_MS = 5000;

const readInfo = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^([^#:]+):(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

async function readSetting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const answer = (await redis.config('GET', name)) as string[];
    return answer[1];
  } catch {
    return undefined;
  }
}

async function readClock(redis: Redis): Promise<number | undefined> {
  const before = Date.now();
  const [seconds, microseconds] = await redis.time();
  const middle = (before + Date.now()) / 2;
  return Number(seconds) * 1000 + Number(microseconds) / 1000 - middle;
}

/**
 * Connects once and looks.
 *
 * @throws what ioredis throws when it cannot connect or log in.
 */
export async function inspectRedis(url: string, signal: AbortSignal): Promise<RedisFacts> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason ??= error;
  });
  const onAbort = () => redis.disconnect();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await redis.connect();
    await redis.ping();
    const info = readInfo(await redis.info());
    const aof = info.get('aof_enabled');
    const save = await readSetting(redis, 'save');
    return {
      version: info.get('redis_version') ?? info.get('valkey_version'),
      role: info.get('role'),
      maxmemoryPolicy: info.get('maxmemory_policy') ?? (await readSetting(redis, 'maxmemory-policy')),
      maxmemoryBytes: numberOf(info.get('maxmemory') ?? (await readSetting(redis, 'maxmemory'))),
      usedMemoryBytes: numberOf(info.get('used_memory')),
      appendOnly: aof === undefined ? undefined : aof === '1',
      snapshots: save === undefined ? undefined : save !== '',
      clockAheadMs: await readClock(redis).catch(() => undefined),
    };
  } catch (error) {
    throw reason ?? error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    redis.disconnect();
  }
}
