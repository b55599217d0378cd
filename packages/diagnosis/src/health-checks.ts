/** The parts that `/ready` of every process checks. A part that is not ready has the doctor's finding as its code. */
import { assertQueueReachable, type QueueAddress } from '@supabase-media/queue/backend';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { blockingError } from './assert-can-work.ts';
import { checkDatabase, type NamedTable } from './check-database.ts';
import { explainQueueError } from './check-queue.ts';
import { checkStorage } from './check-storage.ts';
import { type Finding, found } from './findings.ts';

type Check = (signal: AbortSignal) => Promise<void>;

function refuseBlocked(findings: readonly Finding[]): void {
  const error = blockingError(findings);
  if (error !== undefined) throw error;
}

/**
 * Lighter than the doctor's checks, for they are asked every few seconds: one connection to the queue, one request each
 * to Storage and the tables.
 */
export function serviceHealthChecks(parts: {
  readonly queue: QueueAddress;
  readonly storage: StorageConnection;
  readonly bucket: string;
  readonly tables?: readonly NamedTable[];
  /** Asks the queue in the process's own way; with one connection unless told. */
  readonly reachQueue?: () => Promise<void>;
}): Readonly<Record<'queue' | 'storage' | 'database', Check>> {
  const { queue, storage, bucket, tables, reachQueue = () => assertQueueReachable(queue) } = parts;
  return {
    queue: async () => {
      const url = queue.redisUrl ?? queue.databaseUrl ?? '';
      await reachQueue().catch((error: unknown) => {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        const message = error instanceof Error ? error.message : String(error);
        refuseBlocked([found('queue', explainQueueError(cause, url), { message })]);
      });
    },
    storage: async (signal) => refuseBlocked((await checkStorage(storage, { buckets: [bucket], signal })).findings),
    database: async (signal) => {
      const supabase = { url: storage.projectUrl, serviceRoleKey: storage.serviceRoleKey };
      refuseBlocked(await checkDatabase(supabase, { tables, signal }));
    },
  };
}
