/** What a job put into Storage goes again: when it is canceled, and when it is to make something else now. */
import { posix } from 'node:path';
import type { Log } from '@supabase-media/core/log';
import { chooseSettings } from '@supabase-media/media/plan/settings';
import { resultPrefix } from '@supabase-media/media/steps/result-keys';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { removeFolder } from '@supabase-media/storage/remove-folder';
import type { Config } from '../../config.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import type { VideoProcessPayload } from './contract.ts';

export interface RemoveResultsServices {
  readonly config: Pick<Config, 'media' | 'resultBucket'>;
  readonly storage: StorageConnection;
  readonly log: Log;
}

/** A folder of results. */
export interface ResultLocation {
  readonly bucket: string;
  readonly folder: string;
}

/** The folders that runs up to this checkpoint may have written to. None of another video, whatever it says. */
export function resultLocations(
  { results, published = [] }: Checkpoint,
  { project, videoId }: Pick<VideoProcessPayload, 'project' | 'videoId'>,
): ResultLocation[] {
  // What earlier releases kept names the objects alone. They stand side by side.
  const places = published.map(({ bucket, path }) => ({ bucket, folder: posix.dirname(path) }));
  return uniquePlaces(results === undefined ? places : [results, ...places]).filter(({ folder }) =>
    folder.startsWith(`${project}/${videoId}/`),
  );
}

const uniquePlaces = (places: readonly ResultLocation[]): ResultLocation[] => [
  ...new Map(places.map((place) => [`${place.bucket}/${place.folder}`, place])).values(),
];

/**
 * Removes all objects of some folders.
 *
 * @throws {MediaError} when Storage does not let go of them after some retries.
 */
export async function removeLocations(
  { storage, log }: Pick<RemoveResultsServices, 'storage' | 'log'>,
  places: readonly ResultLocation[],
  signal?: AbortSignal,
): Promise<void> {
  for (const { bucket, folder } of places) {
    const count = await removeFolder({ connection: storage, bucket, folder, signal });
    if (count > 0)
      log.info({ event: 'results.removed', bucket, folder, count }, `Removed ${count} objects of ${folder}`);
  }
}

/**
 * Removes what a canceled job may have put into Storage: under the keys that its checkpoint names, which an earlier
 * release may have chosen, and under those of now. Without a checkpoint nothing was published.
 *
 * @throws {MediaError} as {@link removeLocations}.
 */
export async function removeResults(
  services: RemoveResultsServices,
  payload: VideoProcessPayload,
  checkpoint: unknown,
): Promise<void> {
  const done = readCheckpoint(checkpoint);
  if (done === undefined) return;
  const { config, storage } = services;
  const { project, videoId } = payload;
  const settings = chooseSettings(config.media, payload);
  const folder = resultPrefix({ project, videoId, sourceSha256: done.source.sha256, settings });
  const places = [...resultLocations(done, payload), { bucket: config.resultBucket, folder }];
  await removeLocations({ storage, log: services.log.child({ videoId }) }, uniquePlaces(places));
}
