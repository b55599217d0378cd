/** The parts of a worker that `/ready` checks: queue, Storage, database, disk, ffmpeg. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { MediaError } from '@supabase-media/core/errors';
import { openDatabase } from '@supabase-media/database/database';
import { inspectTables } from '@supabase-media/database/inspect-tables';
import type { MediaTools } from '@supabase-media/media/tools';
import { assertQueueReachable } from '@supabase-media/queue/backend';
import type { HealthCheck } from '@supabase-media/service/health';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { assertStorageReachable } from '@supabase-media/storage/reach';
import type { Config } from './config.ts';
import { checkDisk } from './doctor/check-disk.ts';
import type { FindingCode } from './doctor/findings.ts';

const DISK_ERRORS: readonly FindingCode[] = ['disk_low', 'work_dir_unusable'];

/** Checks everything that a job needs, without changing anything. */
export function workerHealthChecks(parts: {
  readonly config: Config;
  readonly supabase: { readonly url: string; readonly serviceRoleKey: string };
  readonly storage: StorageConnection;
  readonly tools: MediaTools;
}): Readonly<Record<'queue' | 'storage' | 'database' | 'disk' | 'ffmpeg', HealthCheck>> {
  const { config, storage, tools } = parts;
  const database = openDatabase(parts.supabase);
  return {
    queue: () => assertQueueReachable(config.queue),
    storage: () => assertStorageReachable(storage, config.resultBucket),
    database: async (signal) => {
      const problem = await inspectTables(database, signal);
      if (problem !== undefined) throw new MediaError({ code: 'database_failed', message: problem.message });
    },
    disk: async () => {
      const problem = (await checkDisk(config.worker)).find(({ code }) => DISK_ERRORS.some((name) => name === code));
      if (problem !== undefined) throw new MediaError({ code: 'disk_full', message: problem.message });
    },
    // The worker ran both when it started; here only check that they still exist.
    ffmpeg: async () => {
      await Promise.all([access(tools.ffmpeg.path, constants.X_OK), access(tools.ffprobe.path, constants.X_OK)]).catch(
        (cause: unknown) => {
          throw new MediaError({ code: 'ffmpeg_missing', message: 'ffmpeg or ffprobe was removed.', cause });
        },
      );
    },
  };
}
