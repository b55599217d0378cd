/** Goes on where the last run of a job ended: at the first step whose result is not proved to be there. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublishedOutput } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { ProbeResult } from '@supabase-media/media/plan/media-info';
import { type EncodedVideo, VIDEO_NAME } from '@supabase-media/media/steps/encode';
import type { LocalOutput } from '@supabase-media/media/steps/local-output';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import type { UploadPolicy } from '@supabase-media/storage/uploader';
import { listOtherRuns, type RunDirectory, removeOtherRuns } from '../../work-disk/work-directory.ts';
import {
  type Checkpoint,
  isUsable,
  moveEncoded,
  type RunTask,
  readCheckpoint,
  type SourceVersion,
} from './checkpoint.ts';
import { adoptDerived } from './derived-files.ts';
import { adoptFiles, type FileChecksum } from './file-checksums.ts';

export interface RestoreOptions extends RunTask {
  /** What the job carries. */
  readonly saved: unknown;
  readonly place: RunDirectory;
  readonly connection: StorageConnection;
  readonly policy: UploadPolicy;
  readonly signal: AbortSignal;
  /** Makes sure that the job still is this worker's, before the files of other runs are touched. */
  readonly confirm: () => Promise<void>;
  readonly log: Log;
}

/** What is there already. A later result implies those before it. */
export interface Restored {
  readonly source?: SourceVersion;
  readonly encoded?: {
    readonly probe: ProbeResult;
    readonly value: EncodedVideo;
    readonly files: readonly FileChecksum[];
  };
  readonly published?: readonly PublishedOutput[] | undefined;
  readonly derived?: readonly LocalOutput[] | undefined;
}

/** The downloaded source. Without an extension: a name must not tell ffmpeg what a file is. */
export const INPUT_NAME = 'input';

/**
 * Takes over what earlier runs left and removes the rest of it.
 *
 * @throws {MediaError} when Storage cannot be asked; what `confirm` throws; the signal's reason.
 */
export async function restoreRun(options: RestoreOptions): Promise<Restored> {
  if ((await listOtherRuns(options.place)).length > 0) await options.confirm();
  const checkpoint = readCheckpoint(options.saved);
  const restored = checkpoint && isUsable(checkpoint, options) ? await takeOver(checkpoint, options) : {};
  await removeOtherRuns(options.place);
  const kept = describeRestored(restored);
  if (kept !== undefined) options.log.info({ event: 'job.resumed', kept }, `Going on after ${kept}`);
  return restored;
}

/**
 * Which files of earlier runs a run may go on with, by their names; whether they are whole, {@link restoreRun} finds out.
 * All else that earlier runs left is of no use to any.
 */
export function namesOfUse(options: RunTask & { readonly saved: unknown }): (name: string) => boolean {
  const checkpoint = readCheckpoint(options.saved);
  if (checkpoint === undefined || !isUsable(checkpoint, options)) return () => false;
  const { input, encoded, derived } = checkpoint;
  if (encoded === undefined) return (name) => name === input?.name;
  // What was derived is named in a file of its own, which came last: by then every file without that ending was whole.
  if (derived !== undefined) return (name) => name !== INPUT_NAME && !/\.partial(\/|$)/.test(name);
  const names = encoded.files.map(({ name }) => name);
  return (name) => names.includes(name);
}

async function takeOver(checkpoint: Checkpoint, options: RestoreOptions): Promise<Restored> {
  const { place, signal } = options;
  const { source, input, encoded, published, derived } = checkpoint;
  const to = place.directory;
  const from = await listOtherRuns(place);
  if (encoded === undefined)
    return input && (await adoptFiles({ from, to, checksums: [input], signal })) ? { source } : {};
  const isThere =
    (await adoptFiles({ from, to, checksums: encoded.files, signal })) || (await fetchVideo(checkpoint, options));
  if (!isThere) return {};
  return {
    source,
    encoded: { ...encoded, value: moveEncoded(encoded.value, to) },
    published,
    derived: derived && (await adoptDerived({ from, to, checksum: derived, signal })),
  };
}

/** The MP4 as it was published: on another machine, reading it back costs less than encoding it again. */
async function fetchVideo({ encoded, published }: Checkpoint, options: RestoreOptions): Promise<boolean> {
  const { connection, policy, place, signal } = options;
  const object = published?.find(({ kind }) => kind === 'video');
  const checksum = encoded?.files.find(({ name }) => name === VIDEO_NAME);
  if (object === undefined || checksum === undefined) return false;
  const file = join(place.directory, VIDEO_NAME);
  try {
    const { bucket, path } = object;
    const found = await downloadFile({
      connection,
      bucket,
      path,
      file,
      timeouts: policy,
      maxRetries: policy.maxRetries,
      signal,
    });
    if (found.sha256 === checksum.sha256) return true;
  } catch (error) {
    if (!(error instanceof MediaError) || error.code !== 'object_missing') throw error;
  }
  await rm(file, { force: true });
  return false;
}

function describeRestored({ source, encoded, published, derived }: Restored): string | undefined {
  if (derived !== undefined) return 'everything was made';
  if (published !== undefined) return 'the video was published';
  if (encoded !== undefined) return 'the video was encoded';
  return source === undefined ? undefined : 'the source was downloaded';
}
