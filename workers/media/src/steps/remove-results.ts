/** What a canceled job may have put into Storage goes again. */
import type { Config } from '../config.ts';
import { chooseSettings } from '../media/settings.ts';
import type { Log } from '../observability/logger.ts';
import type { VideoProcessPayload } from '../queue/contract.ts';
import type { StorageConnection } from '../storage/connection.ts';
import { removeFolder } from '../storage/remove-folder.ts';
import { readCheckpoint } from './checkpoint.ts';
import { resultPrefix } from './result-keys.ts';

export interface RemoveResultsServices {
  readonly config: Config;
  readonly storage: StorageConnection;
  readonly log: Log;
}

/**
 * Removes the objects under the job's own keys. Without a checkpoint nothing was published.
 *
 * @throws {MediaError} when Storage does not let go of them after some retries.
 */
export async function removeResults(
  { config, storage, log }: RemoveResultsServices,
  payload: VideoProcessPayload,
  checkpoint: unknown,
): Promise<void> {
  const done = readCheckpoint(checkpoint);
  if (done === undefined) return;
  const { project, videoId } = payload;
  const settings = chooseSettings(config.media, payload);
  const folder = resultPrefix({ project, videoId, sourceSha256: done.source.sha256, settings });
  const count = await removeFolder({ connection: storage, bucket: config.resultBucket, folder });
  if (count > 0) log.info({ event: 'results.removed', videoId, count }, `Removed ${count} objects of the video`);
}
