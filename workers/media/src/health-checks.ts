/** The parts of a worker that `/ready` checks: queue, Storage, database, disk, ffmpeg. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { MediaError } from '@supabase-media/core/errors';
import type { FindingCode } from '@supabase-media/diagnosis/findings';
import { serviceHealthChecks } from '@supabase-media/diagnosis/health-checks';
import type { MediaTools } from '@supabase-media/media/tools';
import type { HealthCheck } from '@supabase-media/service/health';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { Config } from './config.ts';
import { checkDisk } from './doctor/check-disk.ts';

const DISK_ERRORS: readonly FindingCode[] = ['disk_low', 'work_dir_unusable'];

/** Checks everything that a job needs, without changing anything. */
export function workerHealthChecks(parts: {
  readonly config: Config;
  readonly storage: StorageConnection;
  readonly tools: MediaTools;
}): Readonly<Record<'queue' | 'storage' | 'database' | 'disk' | 'ffmpeg', HealthCheck>> {
  const { config, storage, tools } = parts;
  return {
    ...serviceHealthChecks({ queue: config.queue, storage, bucket: config.resultBucket }),
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
