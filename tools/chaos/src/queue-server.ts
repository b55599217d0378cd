/** The queue of one run, on its own server that can be stopped and restarted with its data. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '@supabase-media/local-stack/postgres/start-postgres';
import { startRedisServer } from '@supabase-media/local-stack/redis/redis-server';
import type { QueueAddress } from '@supabase-media/queue/backend';

export type BackendKind = 'redis' | 'postgres';

export interface QueueServer {
  readonly name: string;
  readonly address: QueueAddress;
  /** The environment of a worker; only the variable of this backend is set. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills Redis, shuts PostgreSQL down; connections break either way. */
  readonly stop: () => Promise<void>;
  /** On the same port, with the same data. */
  readonly start: () => Promise<void>;
}

/** Starts a server in a new folder. */
export async function openQueueServer(kind: BackendKind, folder: string): Promise<QueueServer> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (kind === 'redis') {
    const redis = await startRedisServer({ folder, isDurable: true });
    return {
      name: `Redis ${redis.version}`,
      address: { redisUrl: redis.url },
      environment: { REDIS_URL: redis.url },
      stop: redis.kill,
      start: redis.restart,
    };
  }
  const options = { dataFolder: join(folder, 'queue'), password: randomBytes(12).toString('hex') };
  await mkdir(options.dataFolder, { mode: 0o755 });
  let postgres = await startPostgres(options);
  const { databaseUrl } = postgres;
  return {
    name: 'PostgreSQL',
    address: { databaseUrl },
    environment: { DATABASE_URL: databaseUrl },
    stop: () => postgres.stop(),
    start: async () => {
      postgres = await startPostgres({ ...options, port: Number(new URL(databaseUrl).port) });
    },
  };
}
