/** Removes the parts of a split video from Storage: when it is encoded, and however else its job ends. */
import { removeFolder } from '@supabase-media/storage/remove-folder';
import { partsFolder } from '../../video-part/part-keys.ts';
import type { WorkerServices } from '../../worker-job-type.ts';
import type { VideoProcessPayload } from '../contract.ts';

/** @throws {MediaError} when Storage still refuses after some retries. */
export async function removeParts(
  { storage, config, log }: Pick<WorkerServices, 'storage' | 'config' | 'log'>,
  payload: Pick<VideoProcessPayload, 'project' | 'videoId'>,
  signal?: AbortSignal,
): Promise<void> {
  const folder = partsFolder(payload);
  const count = await removeFolder({ connection: storage, bucket: config.resultBucket, folder, signal });
  if (count > 0) log.info({ event: 'split.removed', folder, count }, `Removed ${count} objects of ${folder}`);
}
