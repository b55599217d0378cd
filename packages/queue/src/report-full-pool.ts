/** Tells in the log that PostgreSQL has no connection left: once, and when it has one again. */
import type { Log } from '@supabase-media/core/log';
import { chooseBackend, type QueueAddress } from './backend.ts';
import { watchPool } from './postgres/shared-pool.ts';

/** Reports until the signal aborts. Does nothing for a queue on Redis. */
export function reportFullPool(address: QueueAddress, log: Log, signal: AbortSignal): void {
  const { redisUrl, databaseUrl, poolSize } = address;
  if (redisUrl !== undefined || databaseUrl === undefined) return;
  const { place } = chooseBackend(address);
  watchPool(
    { databaseUrl, poolSize },
    {
      onFull: (reason) =>
        log.warn(
          { event: 'queue.full', code: 'queue_full' },
          `${place} has no connection left (${reason}); waiting for one. Run fewer processes, or raise its pool size`,
        ),
      onFree: (ms) =>
        log.info({ event: 'queue.free' }, `${place} has a connection again, after ${(ms / 1000).toFixed(1)} s`),
    },
    signal,
  );
}
