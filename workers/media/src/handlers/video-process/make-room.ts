/** Room for a run. What earlier runs of the job left counts as room that it has already, or goes. */
import { tidyJobDirectory } from '../../io/work-directory.ts';
import type { MediaSettings } from '../../media/settings.ts';
import type { JobContext } from '../../queue/job-runner.ts';
import { settingsKey } from '../../steps/checkpoint.ts';
import { namesOfUse } from '../../steps/restore.ts';
import type { ObjectInfo } from '../../storage/object-info.ts';
import type { VideoServices } from './video-run.ts';

export interface MakeRoomOptions {
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
export async function makeRoom(services: VideoServices, options: MakeRoomOptions): Promise<() => void> {
  const { source, settings, context } = options;
  const { jobsDir } = services.config.worker;
  const heldBytes = await tidyJobDirectory({
    jobsDir,
    jobId: context.jobId,
    isOfUse: namesOfUse({ saved: context.checkpoint, source, settings: settingsKey(settings) }),
    // A process that was stopped and goes on here must not touch the next run's files.
    confirm: context.confirmClaim,
  });
  return services.admission.admit(source.size, context.signal, heldBytes);
}
