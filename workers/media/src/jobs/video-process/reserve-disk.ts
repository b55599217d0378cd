/** Room for a run. What earlier runs of the job left counts as room that it has already, or goes. */

import type { MediaSettings } from '@supabase-media/media/plan/settings';
import type { JobContext } from '@supabase-media/queue/job-type';
import type { ObjectInfo } from '@supabase-media/storage/object-info';
import { tidyJobDirectory } from '../../work-disk/work-directory.ts';
import { settingsKey } from './checkpoint.ts';
import { namesOfUse } from './restore.ts';
import type { VideoServices } from './video-run.ts';

export interface ReserveDiskOptions {
  readonly source: ObjectInfo;
  readonly settings: MediaSettings;
  readonly context: JobContext;
}

/**
 * Waits for room and holds it until the returned function is called. The source and the half output of a killed run
 * would else keep their own job waiting: nobody else removes them for as long as it lives.
 *
 * @throws {MediaError} as `admit` does; `lock_lost` when the job is another worker's by now.
 */
export async function reserveDisk(services: VideoServices, options: ReserveDiskOptions): Promise<() => void> {
  const { source, settings, context } = options;
  const { jobsDir } = services.config.worker;
  const heldBytes = await tidyJobDirectory({
    jobsDir,
    jobId: context.jobId,
    isOfUse: namesOfUse({ saved: context.checkpoint, source, settings: settingsKey(settings) }),
    // A process that was stopped and goes on here must not touch the next run's files.
    confirm: context.confirmLock,
  });
  return services.admission.admit(source.size, context.signal, heldBytes);
}
