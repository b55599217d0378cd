/** The queue's two backends, started for one run of a benchmark. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findRedisVersion, startRedisServer } from '@supabase-media/local-stack/redis/redis-server';
import type { Closers } from '@supabase-media/local-stack/stack/closers';
import { printNotice } from '@supabase-media/local-stack/stack/output';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import type { QueueAddress } from '@supabase-media/queue/backend';

/** Starts servers of its own, because REDIS_URL and DATABASE_URL may name a queue with real jobs. */
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
