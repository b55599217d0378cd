/** What the job published of another source, or under other settings, or by another release, before this run. */

import { resultPrefix } from '@supabase-media/media/steps/result-keys';
import { isOfSource, isUsable, readCheckpoint, settingsKey } from './checkpoint.ts';
import { removeLocations, resultLocations } from './remove-results.ts';
import type { VideoRun } from './video-run.ts';

/**
 * Removes it: this run makes everything anew under other keys, and nobody will name the old ones any more. First the row
 * stops naming them, then the checkpoint stops saying that they are there, and last they go; a run that dies over it
 * leaves the next one to do the rest.
 *
 * @throws {MediaError} `lock_lost`, or what the database, the queue or Storage answers.
 */
export async function removeStaleResults(run: VideoRun): Promise<void> {
  const { services, payload, context, settings, source, log } = run;
  const { config, storage, videos } = services;
  const checkpoint = readCheckpoint(context.checkpoint);
  if (checkpoint === undefined || isUsable(checkpoint, { settings: settingsKey(settings), source })) return;
  const { project, videoId } = payload;
  const current = isOfSource(checkpoint, source)
    ? resultPrefix({ project, videoId, sourceSha256: checkpoint.source.sha256, settings })
    : undefined;
  // The same keys are written over: what stands there can be watched until then.
  const stale = resultLocations(checkpoint, payload).filter(
    ({ bucket, folder }) => bucket !== config.resultBucket || folder !== current,
  );
  const [first] = stale;
  if (first === undefined) return;
  await context.confirmLock();
  const shown = (await videos.find(videoId))?.outputs ?? [];
  const isStale = ({ bucket, path }: { bucket: string; path: string }) =>
    stale.some((place) => bucket === place.bucket && path.startsWith(`${place.folder}/`));
  if (shown.some(isStale))
    await videos.recordPublished(
      videoId,
      shown.filter((output) => !isStale(output)),
      context.signal,
    );
  const { published: _, ...unpublished } = checkpoint;
  await context.saveCheckpoint({ ...unpublished, results: first });
  await removeLocations({ storage, log }, stale, context.signal);
}
