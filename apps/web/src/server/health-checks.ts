/** The parts of the intake API that `/ready` checks: database, Storage, queue. */
import { MediaError } from '@supabase-media/core/errors';
import type { HealthCheck } from '@supabase-media/service/health';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { assertStorageReachable } from '@supabase-media/storage/reach';
import type { VideosTable } from './database/videos.ts';
import type { MediaQueue } from './queue.ts';

/** Checks everything that a request needs, without changing anything. */
export const intakeHealthChecks = (parts: {
  readonly videos: Pick<VideosTable, 'check'>;
  readonly queue: Pick<MediaQueue, 'check'>;
  readonly storage: StorageConnection;
  readonly sourceBucket: string;
}): Readonly<Record<'database' | 'storage' | 'queue', HealthCheck>> => ({
  database: async () => {
    await parts.videos.check().catch((cause: unknown) => {
      throw new MediaError({ code: 'database_failed', message: 'The database did not answer.', cause });
    });
  },
  storage: () => assertStorageReachable(parts.storage, parts.sourceBucket),
  queue: () => parts.queue.check(),
});
