/**
 * The connections of this process to a PostgreSQL: one small pool, whoever asks for it. BullMQ gives each of its objects a
 * pool of its own, and a worker has four of them; poolers of small projects have 15 connections for everybody.
 *
 * At most `size` connections: one that listens, the rest for queries. A process that listens more than once (several
 * clients of a library in one app) has one more for each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffDelay } from '@supabase-media/core/backoff';
import pg from 'pg';
import { clientConfig, openClient, type PostgresTarget, readTarget } from './client.ts';
import { DEFAULT_POOL_SIZE } from './pool-size.ts';
import { isEncryptionRefused, isFull, readRefusal } from './refusals.ts';

/** Whose pool it is. */
export interface PoolAddress {
  readonly databaseUrl: string;
  /** The most connections, from 2; {@link DEFAULT_POOL_SIZE} unless told. */
  readonly poolSize?: number | undefined;
}

/** A connection that nobody used for so long is closed, in milliseconds. */
const IDLE_MS = 30_000;

/** The queue's queries take milliseconds. One that takes longer goes to a server that is gone, in milliseconds. */
const QUERY_TIMEOUT_MS = 30_000;

/** A server without a free connection is asked again for so long, in milliseconds; then the question fails. */
export const FULL_WAIT_MS = 60_000;

/** The first wait and the longest, in milliseconds. */
const FULL_BACKOFF = { baseMs: 250, maxMs: 5000 };

/** Told when there is no connection left, once, and when there is one again. */
export interface PoolWatcher {
  readonly onFull: (reason: string) => void;
  /** @param ms how long it took. */
  readonly onFree: (ms: number) => void;
}

interface SharedPool {
  readonly target: Promise<PostgresTarget>;
  readonly pool: Promise<pg.Pool>;
  readonly watchers: Set<PoolWatcher>;
  readonly errorListeners: Set<(error: Error) => void>;
  /** Ended with its last user. */
  readonly over: AbortController;
  users: number;
  /** Set while the server has no connection left: everybody waits, one asks. */
  pause: Promise<void> | undefined;
  failures: number;
  fullSince: number | undefined;
  /** What is made with the first connection, once. */
  prepared: Promise<void> | undefined;
}

/** By address: that a process has one pool of each is what this file is for. */
const pools = new Map<string, SharedPool>();

const keyOf = ({ databaseUrl, poolSize = DEFAULT_POOL_SIZE }: PoolAddress): string => `${poolSize} ${databaseUrl}`;

/** BullMQ's own schema, which `inspect-postgres.ts` looks for. */
export const QUEUE_SCHEMA = 'bullmq';

const SEARCH_PATH = `-c search_path="${QUEUE_SCHEMA}"`;

function createPool(target: PostgresTarget, size: number): pg.Pool {
  let attempt = 0;
  const settings = { startup: SEARCH_PATH, queryTimeoutMs: QUERY_TIMEOUT_MS };
  /** Connects as the address allows: the next one in another way where the server refused this one. */
  class PooledClient extends pg.Client {
    constructor() {
      super(clientConfig(target, target.attempts[attempt] ?? 'never', settings));
    }
  }
  const pool = new pg.Pool({
    Client: PooledClient as unknown as new () => pg.ClientBase,
    max: size,
    idleTimeoutMillis: IDLE_MS,
    allowExitOnIdle: true,
  });
  pool.setMaxListeners(0);
  const connect = pool.connect.bind(pool);
  pool.connect = (async () => {
    for (;;)
      try {
        return await connect();
      } catch (error) {
        if (!isEncryptionRefused(error) || attempt + 1 >= target.attempts.length) throw error;
        attempt++;
      }
  }) as typeof pool.connect;
  return pool;
}

function openShared(address: PoolAddress): SharedPool {
  const target = readTarget(address.databaseUrl);
  const shared: SharedPool = {
    target,
    pool: target.then((read) => {
      const pool = createPool(read, Math.max(1, (address.poolSize ?? DEFAULT_POOL_SIZE) - 1));
      pool.on('error', (error) => {
        for (const listener of shared.errorListeners) listener(error);
      });
      return pool;
    }),
    watchers: new Set(),
    errorListeners: new Set(),
    over: new AbortController(),
    users: 0,
    pause: undefined,
    failures: 0,
    fullSince: undefined,
    prepared: undefined,
  };
  // Whoever asks hears of it.
  target.catch(() => {});
  shared.pool.catch(() => {});
  return shared;
}

/** Asks for a connection; where there is none left, again and again. */
async function untilFree<T>(shared: SharedPool, ask: () => Promise<T>): Promise<T> {
  const began = performance.now();
  for (;;) {
    await shared.pause;
    try {
      const answer = await ask();
      becomeFree(shared);
      return answer;
    } catch (error) {
      const isOver = shared.over.signal.aborted || performance.now() - began > FULL_WAIT_MS;
      if (!isFull(error) || isOver) throw error;
      becomeFull(shared, readRefusal(error).message);
    }
  }
}

function becomeFull(shared: SharedPool, reason: string): void {
  if (shared.fullSince === undefined) {
    shared.fullSince = performance.now();
    for (const { onFull } of shared.watchers) onFull(reason);
  }
  if (shared.pause !== undefined) return;
  shared.failures++;
  const delayMs = backoffDelay({ attempt: shared.failures, random: Math.random(), ...FULL_BACKOFF });
  shared.pause = sleep(delayMs, undefined, { signal: shared.over.signal })
    .catch(() => {})
    .finally(() => {
      shared.pause = undefined;
    });
}

function becomeFree(shared: SharedPool): void {
  shared.failures = 0;
  if (shared.fullSince === undefined) return;
  const ms = performance.now() - shared.fullSince;
  shared.fullSince = undefined;
  for (const { onFree } of shared.watchers) onFree(ms);
}

/** One user's part of the pool. */
export interface PoolLease {
  /** Runs one query on whichever connection is free. */
  readonly query: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>;
  /** As {@link PoolLease.query}, but a server that has no connection left is an error at once. */
  readonly ask: (text: string) => Promise<pg.QueryResult>;
  /** Runs several queries on one connection. */
  readonly withClient: <T>(use: (client: pg.ClientBase) => Promise<T>) => Promise<T>;
  /** A connection beside the pool, to listen on; the caller ends it. */
  readonly listen: () => Promise<pg.Client>;
  /** Runs the first time that anybody asks, for all users of the pool; again after it failed. */
  readonly prepareOnce: (prepare: (client: pg.ClientBase) => Promise<void>) => Promise<void>;
  /** Told of connections that break while nobody uses them, until the lease is given back. */
  readonly onError: (listener: (error: Error) => void) => void;
  /** Closes the pool when the last user gives it back. May be called again. */
  readonly release: () => Promise<void>;
}

/** Takes part in the process's pool; nothing is connected yet. The caller gives it back. */
export function leasePool(address: PoolAddress): PoolLease {
  const key = keyOf(address);
  const shared = pools.get(key) ?? openShared(address);
  pools.set(key, shared);
  shared.users++;
  const listeners: ((error: Error) => void)[] = [];
  let released: Promise<void> | undefined;

  const borrow = async () => (await shared.pool).connect();
  const use = async <T>(client: pg.PoolClient, run: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const onError = () => {};
    client.on('error', onError);
    try {
      const answer = await run(client);
      client.release();
      return answer;
    } catch (error) {
      // What the server refused leaves the connection usable; whatever else happened may not.
      client.release(!(error instanceof pg.DatabaseError));
      throw error;
    } finally {
      client.removeListener('error', onError);
    }
  };
  const withClient = async <T>(run: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    use(await untilFree(shared, borrow), run);
  const end = async (): Promise<void> => {
    for (const listener of listeners) shared.errorListeners.delete(listener);
    if (--shared.users > 0) return;
    pools.delete(key);
    shared.over.abort();
    await (await shared.pool.catch(() => undefined))?.end();
  };

  return {
    query: (text, values) => withClient((client) => client.query(text, values && [...values])),
    ask: async (text) => use(await borrow(), (client) => client.query(text)),
    withClient,
    listen: async () => {
      const target = await shared.target;
      return untilFree(shared, () => openClient(target, { startup: SEARCH_PATH }));
    },
    prepareOnce: (prepare) => {
      shared.prepared ??= withClient(prepare).catch((error: unknown) => {
        shared.prepared = undefined;
        throw error;
      });
      return shared.prepared;
    },
    onError: (listener) => {
      listeners.push(listener);
      shared.errorListeners.add(listener);
    },
    release: () => {
      released ??= end();
      return released;
    },
  };
}

/** Watches the process's pool until the signal aborts. */
export function watchPool(address: PoolAddress, watcher: PoolWatcher, signal: AbortSignal): void {
  if (signal.aborted) return;
  const lease = leasePool(address);
  const watchers = pools.get(keyOf(address))?.watchers;
  watchers?.add(watcher);
  signal.addEventListener(
    'abort',
    () => {
      watchers?.delete(watcher);
      lease.release().catch(() => {});
    },
    { once: true },
  );
}
