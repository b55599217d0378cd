/** What there is for the results of a job: room on the disk of WORK_DIR, and in the bucket. */
import type { OutputSpace } from '@supabase-media/media/output-space';
import { readLimits } from '@supabase-media/storage/limits';
import { spaceFor } from '../../work-disk/admission.ts';
import { measureFolder } from '../../work-disk/measure-folder.ts';
import type { VideoRun } from './video-run.ts';

/**
 * Asks Storage for its limit. Where it does not tell, results are made without: the upload says what it thinks of them.
 *
 * @throws the signal's reason.
 */
export async function findOutputSpace(run: Omit<VideoRun, 'space'>): Promise<OutputSpace> {
  const { services, context, source, reservation, runDirectory } = run;
  const { signal } = context;
  const limits = await readLimits(services.storage, services.config.resultBucket, signal).catch(() => undefined);
  signal.throwIfAborted();
  const smallest = Math.min(limits?.bucketBytes ?? Infinity, limits?.projectBytes ?? Infinity);
  return {
    maxFileBytes: Number.isFinite(smallest) ? smallest : undefined,
    reserve: async (peakBytes) => {
      const { bytes } = await measureFolder(runDirectory.jobDirectory);
      return reservation.extend(Math.max(spaceFor(source.size), peakBytes), bytes, signal);
    },
  };
}
