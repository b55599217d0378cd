/**
 * The database under the queue: Redis when `REDIS_URL` is set, else PostgreSQL by BullMQ's own backend. Everything else
 * in this folder is the same on both.
 */

import { MediaError } from '@supabase-media/core/errors';
import {
  type BackendClasses,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  withBackend,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

/** Where the queue stands; one of the two is set. */
export interface QueueAddress {
  readonly redisUrl?: string | undefined;
  readonly databaseUrl?: string | undefined;
}

/** BullMQ's classes bound to one backend, and what they connect with. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  readonly classes: BackendClasses<IQueueBackend, unknown>;
  readonly connection: unknown;
  /** Host and port, for messages; never the password. */
  readonly place: string;
}

const CONNECT_TIMEOUT_MS = 5000;

/** Connections of one BullMQ object to PostgreSQL. Each object has a pool of its own, so it is kept small. */
const POOL_SIZE = 4;

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
      classes: withBackend(createPostgresBackend) as unknown as QueueBackend['classes'],
      connection: {
        connectionString: address.databaseUrl,
        migrate: true,
        max: POOL_SIZE,
        keepAlive: true,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        application_name: 'supabase-media-queue',
      },
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

async function reachPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => {});
  }
}

/** What an error says; a connection refused on every address of a host says it in the first of its errors. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

/**
 * Connects once, to fail in seconds with one clear line where BullMQ would try for ever.
 *
 * @throws {MediaError} `queue_unreachable`, naming host and port.
 */
export async function assertQueueReachable(address: QueueAddress): Promise<void> {
  const { place } = chooseBackend(address);
  try {
    if (address.redisUrl !== undefined) await reachRedis(address.redisUrl);
    else if (address.databaseUrl !== undefined) await reachPostgres(address.databaseUrl);
  } catch (error) {
    throw new MediaError({
      code: 'queue_unreachable',
      message: `The queue (${place}) cannot be reached: ${wordsOf(error)}.`,
      cause: error,
    });
  }
}
