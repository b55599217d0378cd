/**
 * The database under the queue: Redis when `REDIS_URL` is set, else PostgreSQL by BullMQ's own backend. Everything else
 * in this folder is the same on both.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { type BackendClasses, createRedisBackend, type IQueueBackend, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { createPooledBackend } from './postgres/bullmq-backend.ts';
import { CONNECT_TIMEOUT_MS } from './postgres/client.ts';
import { readRefusal } from './postgres/refusals.ts';
import { FULL_WAIT_MS, leasePool } from './postgres/shared-pool.ts';

/** Where the queue stands; one of the two is set. */
export interface QueueAddress {
  readonly redisUrl?: string | undefined;
  readonly databaseUrl?: string | undefined;
  /** The most connections of this process to PostgreSQL, from 2; 2 unless told. */
  readonly poolSize?: number | undefined;
}

/** BullMQ's classes bound to one backend, and what they connect with. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  readonly classes: BackendClasses<IQueueBackend, unknown>;
  readonly connection: unknown;
  /** Host and port, for messages; never the password. */
  readonly place: string;
}

/** Left to itself, BullMQ waits up to 20 s: after a minute without Redis that is longer than a lock has left. */
const RECONNECT_MAX_MS = 3000;
const reconnectDelay = (times: number): number => Math.min(RECONNECT_MAX_MS, times * 500);

function placeOf(kind: string, url: string): string {
  const { hostname, port } = new URL(url);
  return `${kind} at ${hostname}${port ? `:${port}` : ''}`;
}

/**
 * Chooses the backend for an address; nothing is connected yet.
 *
 * @throws {MediaError} `config_invalid` when neither address is set.
 */
export function chooseBackend(address: QueueAddress): QueueBackend {
  if (address.redisUrl !== undefined)
    return {
      kind: 'redis',
      classes: withBackend(createRedisBackend) as unknown as QueueBackend['classes'],
      // null: a command waits for the connection to come back instead of failing the job that sent it.
      connection: {
        url: address.redisUrl,
        maxRetriesPerRequest: null,
        connectTimeout: CONNECT_TIMEOUT_MS,
        retryStrategy: reconnectDelay,
      },
      place: placeOf('Redis', address.redisUrl),
    };
  if (address.databaseUrl !== undefined)
    return {
      kind: 'postgres',
      classes: withBackend(createPooledBackend) as unknown as QueueBackend['classes'],
      connection: { databaseUrl: address.databaseUrl, poolSize: address.poolSize },
      place: placeOf('PostgreSQL', address.databaseUrl),
    };
  throw new MediaError({ code: 'config_invalid', message: 'Neither REDIS_URL nor DATABASE_URL is set.' });
}

async function reachRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** On the process's own pool: a question of its own would take one more connection each time. */
async function reachPostgres(
  { databaseUrl, poolSize }: { readonly databaseUrl: string; readonly poolSize?: number | undefined },
  waits: boolean,
): Promise<void> {
  const lease = leasePool({ databaseUrl, poolSize });
  const over = new AbortController();
  const limitMs = CONNECT_TIMEOUT_MS + (waits ? FULL_WAIT_MS : 0);
  const late = sleep(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${limitMs / 1000} s`);
  });
  late.catch(() => {});
  try {
    await Promise.race([waits ? lease.query('select 1') : lease.ask('select 1'), late]);
  } finally {
    over.abort();
    lease.release().catch(() => {});
  }
}

/** What an error says; a connection refused on every address of a host says it in the first of its errors. */
export const wordsOf = (error: unknown): string => readRefusal(error).message;

/**
 * Connects once, to fail in seconds with one clear line where BullMQ would try for ever.
 *
 * @param options.waits for a PostgreSQL that has no connection left, a minute at most.
 * @throws {MediaError} `queue_unreachable`, naming host and port; `config_invalid`.
 */
export async function assertQueueReachable(
  address: QueueAddress,
  options: { readonly waits?: boolean } = {},
): Promise<void> {
  const { place } = chooseBackend(address);
  try {
    if (address.redisUrl !== undefined) await reachRedis(address.redisUrl);
    else if (address.databaseUrl !== undefined)
      await reachPostgres({ ...address, databaseUrl: address.databaseUrl }, options.waits ?? false);
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw new MediaError({
      code: 'queue_unreachable',
      message: `The queue (${place}) cannot be reached: ${wordsOf(error)}.`,
      cause: error,
    });
  }
}
