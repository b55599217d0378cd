/** Disk space for a run. What earlier runs of the job left is counted as already reserved, or is removed. */
import type { MediaSettings } from '@supabase-media/media/settings';
import type { JobContext } from '@supabase-media/queue/job-type';
import type { ObjectInfo } from '@supabase-media/storage/object-info';
import { tidyJobDirectory } from '../../work-disk/work-directory.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import { settingsKey } from './checkpoint.ts';
import { usableNames } from './restore.ts';

export interface ReserveDiskOptions {
  readonly source: ObjectInfo;
  readonly settings: MediaSettings;
  readonly context: JobContext;
}

/**
 * Waits for disk space and reserves it until the returned function is called. What a killed run left is removed first:
 * it would keep its own job waiting, since nobody else removes it while the job exists.
 *
 * @throws {MediaError} as `admit` does; `lock_lost` when another worker has taken the job over.
 */
export async function reserveDisk(services: WorkerServices, options: ReserveDiskOptions): Promise<() => void> {
  const { source, settings, context } = options;
  const { jobsDir } = services.config.worker;
  const heldBytes = await tidyJobDirectory({
    jobsDir,
    jobId: context.jobId,
    isUsable: usableNames({ saved: context.checkpoint, source, settings: settingsKey(settings) }),
    // A process that was suspended and wakes up here must not touch the next run's files.
    confirm: context.confirmLock,
  });
  return services.admission.admit(source.size, context.signal, heldBytes);
}
