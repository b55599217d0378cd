/** The queue's two backends, started for one run of a benchmark. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueueAddress } from '@supabase-media/worker/internal/queue/backend';
import { findRedisVersion, startRedisServer } from '../redis/redis-server.ts';
import type { Closers } from '../stack/closers.ts';
import { printNotice } from '../stack/output.ts';
import { startStackProcess } from './start-stack-process.ts';

/** Servers of the run's own: REDIS_URL and DATABASE_URL may name a queue with real jobs in it. */
export async function startBackends(
  folder: string,
  closers: Closers,
): Promise<readonly { readonly backend: string; readonly address: QueueAddress }[]> {
  const stack = await startStackProcess(folder);
  closers.add(stack.stop);
  const postgres = { backend: 'PostgreSQL', address: { databaseUrl: stack.environment.DATABASE_URL } };
  if (findRedisVersion() === undefined) {
    printNotice('There is no redis-server on the PATH: PostgreSQL alone is measured.');
    return [postgres];
  }
  const redisFolder = join(folder, 'redis');
  await mkdir(redisFolder);
  const redis = await startRedisServer({ folder: redisFolder });
  closers.add(redis.stop);
  return [{ backend: `Redis ${redis.version}`, address: { redisUrl: redis.url } }, postgres];
}
