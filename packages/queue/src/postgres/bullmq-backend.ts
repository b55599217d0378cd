/** BullMQ's PostgreSQL backend on the process's one pool, instead of a pool for each object. */
import {
  type BackendFactory,
  type PgPool,
  type PgPoolClient,
  type PgQueryable,
  PostgresConnection,
  PostgresQueueBackend,
  runMigrations,
} from 'bullmq';
import type pg from 'pg';
import { leasePool, type PoolAddress, type PoolLease, QUEUE_SCHEMA } from './shared-pool.ts';

/** What BullMQ takes for a pool. It asks it for a connection of its own only to listen. */
const poolOf = (lease: PoolLease): PgPool => {
  const pool = {
    options: { keepAlive: true },
    query: lease.query,
    connect: async () => {
      const client = await lease.listen();
      return Object.assign(client, { release: () => void client.end().catch(() => {}) }) as unknown as PgPoolClient;
    },
    end: lease.release,
    on: (event: string, listener: (error: Error) => void) => {
      if (event === 'error') lease.onError(listener);
      return pool;
    },
    removeAllListeners: () => pool,
  };
  return pool as unknown as PgPool;
};

const migrate = async (client: pg.ClientBase): Promise<void> => {
  await runMigrations(client as unknown as PgQueryable, QUEUE_SCHEMA);
};

class PooledConnection extends PostgresConnection {
  readonly #lease: PoolLease;
  #ready: Promise<void> | undefined;

  constructor(address: PoolAddress) {
    const lease = leasePool(address);
    super(poolOf(lease));
    this.#lease = lease;
  }

  /** Makes the queue's tables, once for the pool. BullMQ remembers a failure for ever; here the next caller tries again. */
  override waitUntilReady(): Promise<void> {
    this.#ready ??= this.#lease.prepareOnce(migrate).then(
      () => {
        // After the listeners that are attached when BullMQ's constructor returns.
        setTimeout(() => this.emit('ready'), 0);
      },
      (error: unknown) => {
        this.#ready = undefined;
        throw error;
      },
    );
    return this.#ready;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#lease.release();
  }
}

/** As BullMQ names its listening connections, by which it counts workers and followers. */
const listeningName = (
  name: string,
  worker: string | undefined,
  { blocking, withBlockingConnection }: { readonly blocking?: boolean; readonly withBlockingConnection?: boolean },
): string | undefined => {
  if (withBlockingConnection) return worker === undefined ? name : `${name}:w:${worker}`;
  return blocking ? `${name}:qe` : undefined;
};

/** For `withBackend`. */
export const createPooledBackend: BackendFactory<PostgresQueueBackend, PoolAddress> = (name, options, made = {}) =>
  new PostgresQueueBackend(
    new PooledConnection(options.connection),
    name,
    options as unknown as ConstructorParameters<typeof PostgresQueueBackend>[2],
    true,
    listeningName(name, (options as { readonly name?: string }).name, made),
  );
