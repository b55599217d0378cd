/** Removes what a job uploaded: when it is canceled, and when it is to make something else now. */
import { posix } from 'node:path';
import type { PublishedOutput } from '@supabase-media/client/contract';
import type { Log } from '@supabase-media/core/log';
import { chooseSettings } from '@supabase-media/media/settings';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { removeFolder } from '@supabase-media/storage/remove-folder';
import type { Config } from '../../config.ts';
import { isAdded } from './added-captions.ts';
import { type Checkpoint, isOfSource, isUsable, readCheckpoint, settingsKey } from './checkpoint.ts';
import type { VideoProcessPayload } from './contract.ts';
import { resultPrefix } from './result-keys.ts';
import { removeParts } from './split/remove-parts.ts';
import type { VideoRun } from './video-run.ts';

export interface RemoveResultsServices {
  readonly config: Pick<Config, 'media' | 'resultBucket'>;
  readonly storage: StorageConnection;
  readonly log: Log;
}

/** A folder of results. */
interface ResultLocation {
  readonly bucket: string;
  readonly folder: string;
}

/** By its address: one that stays. */
type Keeps = (object: { readonly bucket: string; readonly path: string }) => boolean;

/** The folders that runs up to this checkpoint may have written to. None of another video, whatever it says. */
function resultLocations(
  { results, published = [] }: Checkpoint,
  { project, videoId }: Pick<VideoProcessPayload, 'project' | 'videoId'>,
): ResultLocation[] {
  // Checkpoints of earlier releases name only the objects, which are all in one folder.
  const locations = published.map(({ bucket, path }) => ({ bucket, folder: posix.dirname(path) }));
  return uniqueLocations(results === undefined ? locations : [results, ...locations]).filter(({ folder }) =>
    folder.startsWith(`${project}/${videoId}/`),
  );
}

const uniqueLocations = (locations: readonly ResultLocation[]): ResultLocation[] => [
  ...new Map(locations.map((location) => [`${location.bucket}/${location.folder}`, location])).values(),
];

/**
 * Removes all objects of some folders.
 *
 * @throws {MediaError} when Storage still refuses after some retries.
 */
async function removeLocations(
  { storage, log }: Pick<RemoveResultsServices, 'storage' | 'log'>,
  locations: readonly ResultLocation[],
  { keeps, signal }: { readonly keeps?: Keeps; readonly signal?: AbortSignal } = {},
): Promise<void> {
  for (const { bucket, folder } of locations) {
    const keepsPath = keeps && ((path: string) => keeps({ bucket, path }));
    const count = await removeFolder({ connection: storage, bucket, folder, keeps: keepsPath, signal });
    if (count > 0)
      log.info({ event: 'results.removed', bucket, folder, count }, `Removed ${count} objects of ${folder}`);
  }
}

/**
 * Removes what a canceled job may have uploaded: under the keys that its checkpoint names, which an earlier release may
 * have chosen, and under the current ones. Without a checkpoint nothing was uploaded.
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
  const locations = [...resultLocations(done, payload), { bucket: config.resultBucket, folder }];
  await removeLocations({ storage, log: services.log.child({ videoId }) }, uniqueLocations(locations));
}

/**
 * Removes what the job uploaded from another source, under other settings or by another release: this run makes
 * everything again under other keys. First the row stops naming the objects, then the checkpoint, then they are removed;
 * after a crash in between, the next run does the rest. Captions that somebody added stay: this run takes them along.
 *
 * @throws {MediaError} `lock_lost`, or what the database, the queue or Storage answers.
 */
export async function removeStaleResults(run: VideoRun): Promise<void> {
  const { services, payload, context, settings, source, log } = run;
  const { config, storage, videos } = services;
  const checkpoint = readCheckpoint(context.checkpoint);
  if (checkpoint === undefined || isUsable(checkpoint, { settings: settingsKey(settings), source })) return;
  if (checkpoint.split !== undefined) {
    await context.children?.end();
    await removeParts(services, payload, context.signal);
  }
  const { project, videoId } = payload;
  const current = isOfSource(checkpoint, source)
    ? resultPrefix({ project, videoId, sourceSha256: checkpoint.source.sha256, settings })
    : undefined;
  // Objects under the current keys are overwritten, and can be watched until then.
  const stale = resultLocations(checkpoint, payload).filter(
    ({ bucket, folder }) => bucket !== config.resultBucket || folder !== current,
  );
  const [first] = stale;
  if (first === undefined) return;
  await context.confirmLock();
  const shown = (await videos.find(videoId))?.outputs ?? [];
  const added = shown.filter(isAdded);
  const keeps: Keeps = ({ bucket, path }) => added.some((output) => output.bucket === bucket && output.path === path);
  const isStale = ({ bucket, path }: PublishedOutput) =>
    stale.some((location) => bucket === location.bucket && path.startsWith(`${location.folder}/`)) &&
    !keeps({ bucket, path });
  if (shown.some(isStale))
    await videos.recordPublished(
      videoId,
      shown.filter((output) => !isStale(output)),
      context.signal,
    );
  const { published: _, ...unpublished } = checkpoint;
  await context.saveCheckpoint({ ...unpublished, results: first });
  await removeLocations({ storage, log }, stale, { keeps, signal: context.signal });
}
