/** What a run takes over from earlier runs of its job: disk space, and every result that is found unchanged. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PublishedOutput } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { ProbeResult } from '@supabase-media/media/media-info';
import type { DerivedOutputs, EncodedVideo } from '@supabase-media/media/pipeline';
import type { MediaSettings } from '@supabase-media/media/settings';
import type { JobContext } from '@supabase-media/queue/job-type';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import type { ObjectInfo } from '@supabase-media/storage/object-info';
import type { UploadPolicy } from '@supabase-media/storage/uploader';
import type { Reservation } from '../../work-disk/admission.ts';
import { listOtherRuns, type RunDirectory, removeOtherRuns, tidyJobDirectory } from '../../work-disk/work-directory.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import {
  type Checkpoint,
  DERIVED_NAME,
  INPUT_NAME,
  isUsable,
  moveEncoded,
  moveOutputs,
  type RunTask,
  readCheckpoint,
  readDerived,
  type SourceVersion,
  settingsKey,
} from './checkpoint.ts';
import { adoptFiles, checksumFile, type FileChecksum } from './file-checksums.ts';

export interface ReserveDiskOptions {
  readonly source: ObjectInfo;
  readonly settings: MediaSettings;
  readonly context: JobContext;
}

/**
 * Waits for disk space and reserves it until it is released. What a killed run left is removed first:
 * it would keep its own job waiting, since nobody else removes it while the job exists.
 *
 * @throws {MediaError} as `admit` does; `lock_lost` when another worker has taken the job over.
 */
export async function reserveDisk(services: WorkerServices, options: ReserveDiskOptions): Promise<Reservation> {
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

export interface RestoreOptions extends RunTask {
  /** The checkpoint as the job has it. */
  readonly saved: unknown;
  readonly runDirectory: RunDirectory;
  readonly connection: StorageConnection;
  readonly policy: UploadPolicy;
  readonly signal: AbortSignal;
  /** Makes sure that this worker still has the job's lock, before the files of other runs are touched. */
  readonly confirm: () => Promise<void>;
  readonly log: Log;
}

/** What need not be made again. A later result implies those before it. */
export interface Restored {
  readonly source?: SourceVersion;
  readonly encoded?: { readonly probe: ProbeResult; readonly encoded: EncodedVideo };
  readonly published?: readonly PublishedOutput[] | undefined;
  readonly derived?: DerivedOutputs | undefined;
  /** What of the checkpoint still is true. */
  readonly saved?: Partial<Checkpoint>;
}

/**
 * Adopts the results of earlier runs up to the first one that is not found unchanged, and removes the rest.
 *
 * @throws {MediaError} when Storage cannot be asked; what `confirm` throws; the signal's reason.
 */
export async function restoreRun(options: RestoreOptions): Promise<Restored> {
  if ((await listOtherRuns(options.runDirectory)).length > 0) await options.confirm();
  const checkpoint = readCheckpoint(options.saved);
  const restored = checkpoint && isUsable(checkpoint, options) ? await adopt(checkpoint, options) : {};
  await removeOtherRuns(options.runDirectory);
  const kept = describeRestored(restored);
  if (kept !== undefined) options.log.info({ event: 'job.resumed', kept }, `Resuming after an earlier run: ${kept}`);
  return restored;
}

/**
 * Which files of earlier runs can be of use, by their names; whether they are unchanged, {@link restoreRun} finds out.
 */
export function usableNames(options: RunTask & { readonly saved: unknown }): (name: string) => boolean {
  const checkpoint = readCheckpoint(options.saved);
  if (checkpoint === undefined || !isUsable(checkpoint, options)) return () => false;
  const { input, encoded, derived } = checkpoint;
  if (encoded === undefined) return (name) => name === input?.name;
  // The list of what was derived is written last: by then, every file without this ending was whole.
  if (derived !== undefined) return (name) => name !== INPUT_NAME && !/\.partial(\/|$)/.test(name);
  const names = encoded.files.map(({ name }) => name);
  return (name) => names.includes(name);
}

async function adopt(checkpoint: Checkpoint, options: RestoreOptions): Promise<Restored> {
  const { runDirectory, signal } = options;
  const { source, input, encoded, results, published, derived } = checkpoint;
  const to = runDirectory.directory;
  const from = await listOtherRuns(runDirectory);
  if (encoded === undefined)
    return input && (await adoptFiles({ from, to, checksums: [input], signal }))
      ? { source, saved: { source, input, results } }
      : {};
  const isThere =
    (await adoptFiles({ from, to, checksums: encoded.files, signal })) || (await fetchVideo(checkpoint, options));
  if (!isThere) return {};
  const adopted = derived && (await adoptDerived(derived, encoded.value, { from, to, signal }));
  return {
    source,
    encoded: { probe: encoded.probe, encoded: moveEncoded(encoded.value, to) },
    published,
    derived: adopted,
    saved: { source, encoded, results, published, derived: adopted && derived },
  };
}

/**
 * What was published and is needed again, the MP4 and its captions: on another machine, reading it back costs less than
 * encoding it again.
 */
async function fetchVideo({ encoded, published = [] }: Checkpoint, options: RestoreOptions): Promise<boolean> {
  const objects = published.filter(({ kind }) => kind === 'video' || kind === 'captions');
  if (encoded === undefined || !objects.some(({ kind }) => kind === 'video')) return false;
  for (const object of objects) {
    const checksum = encoded.files.find(({ name }) => object.path.endsWith(`/${name}`));
    if (checksum === undefined || !(await fetchObject(object, checksum, options))) return false;
  }
  return true;
}

async function fetchObject(object: PublishedOutput, checksum: FileChecksum, options: RestoreOptions): Promise<boolean> {
  const { connection, policy, runDirectory, signal } = options;
  const file = join(runDirectory.directory, checksum.name);
  await mkdir(dirname(file), { recursive: true });
  try {
    const { bucket, path } = object;
    await downloadFile({ connection, bucket, path, file, timeouts: policy, maxRetries: policy.maxRetries, signal });
    const found = await checksumFile(runDirectory.directory, checksum.name, signal);
    if (found.sha256 === checksum.sha256) return true;
  } catch (error) {
    if (!(error instanceof MediaError) || error.code !== 'object_missing') throw error;
  }
  await rm(file, { force: true });
  return false;
}

/** What earlier runs derived; `undefined` when anything of it is missing or has changed. */
async function adoptDerived(
  list: FileChecksum,
  encoded: EncodedVideo,
  where: { readonly from: readonly string[]; readonly to: string; readonly signal: AbortSignal },
): Promise<DerivedOutputs | undefined> {
  if (!(await adoptFiles({ ...where, checksums: [list] }))) return undefined;
  const saved = readDerived(await readFile(join(where.to, DERIVED_NAME), 'utf8'));
  if (saved === undefined || !(await adoptFiles({ ...where, checksums: saved.files }))) return undefined;
  return { outputs: moveOutputs(saved.outputs, where.to), warnings: saved.warnings ?? encoded.warnings };
}

function describeRestored({ source, encoded, published, derived }: Restored): string | undefined {
  if (derived !== undefined) return 'all outputs are made';
  if (published !== undefined) return 'the video is published';
  if (encoded !== undefined) return 'the video is encoded';
  return source === undefined ? undefined : 'the source is downloaded';
}
