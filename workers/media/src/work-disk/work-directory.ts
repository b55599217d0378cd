/**
 * The private directories of jobs. A job has one, and in it one for each of its runs; they outlive a run only where the
 * next one can go on with what is in them.
 */
import { access, constants, mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { measureFolder } from './measure-folder.ts';

/** For the owner alone: sources are private videos of other people. */
const PRIVATE_MODE = 0o700;

const REMOVAL = { recursive: true, force: true, maxRetries: 3 } as const;

/** What stands for jobs in WORK_DIR: a folder for each queue, and the one that earlier releases had for all. */
const JOBS_FOLDER = /^jobs(-[0-9a-f]{8})?$/;

/** What nobody has written to for so long is no job's any more: seven days, where no run lasts longer. In milliseconds. */
const FORGOTTEN_MS = 7 * 86_400_000;

function unusable(folder: string, error: unknown): MediaError {
  const known = toMediaError(error);
  // Room comes back; what no try can mend fails a video for good.
  if (known.code === 'disk_full') return known;
  return new MediaError({ code: 'work_dir_unusable', message: `WORK_DIR ${folder} cannot be used: ${known.message}.` });
}

/**
 * Makes sure that WORK_DIR, or the folder for jobs in it, exists and can be written to.
 *
 * @throws {MediaError} `work_dir_unusable`, or `disk_full`.
 */
export async function assertWorkDirUsable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_MODE });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** Where one run of a job works. */
export interface RunDirectory {
  /** Of the job: every run of it has a folder in here. */
  readonly jobDirectory: string;
  /** Of this run alone, empty at first. */
  readonly directory: string;
}

/** What earlier runs of the job left. A worker that lost its job may still write to its own when the next one begins. */
export async function listOtherRuns({ jobDirectory, directory }: RunDirectory): Promise<string[]> {
  const names = await readdir(jobDirectory);
  return names.map((name) => join(jobDirectory, name)).filter((path) => path !== directory);
}

/** Removes what earlier runs of the job left, once what is of use was taken from it. */
export async function removeOtherRuns(place: RunDirectory): Promise<void> {
  for (const path of await listOtherRuns(place)) await rm(path, REMOVAL);
}

export interface TidyOptions {
  readonly jobsDir: string;
  readonly jobId: string;
  /** Of a file, by its name in a run's directory: whether the next run may go on with it. */
  readonly isOfUse: (name: string) => boolean;
  /** Asked before anything is removed; what it throws ends it. */
  readonly confirm: () => Promise<void>;
}

/**
 * Removes of a job's earlier runs what its next one cannot use.
 *
 * @returns what the rest takes of the disk, in bytes.
 */
export async function tidyJobDirectory({ jobsDir, jobId, isOfUse, confirm }: TidyOptions): Promise<number> {
  const runs = await listFolder(join(jobsDir, jobId));
  if (runs.length === 0) return 0;
  await confirm();
  for (const run of runs) {
    const entries = await readdir(run, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isDirectory() && !isOfUse(relative(run, path))) await rm(path, REMOVAL);
    }
  }
  return (await measureFolder(join(jobsDir, jobId))).bytes;
}

export interface WithRunDirectoryOptions {
  readonly jobsDir: string;
  readonly jobId: string;
  /** What is left when the run ends with this error: its directory, or nothing of it. */
  readonly keepAfter: (error: unknown) => 'job' | 'nothing';
}

/**
 * Runs `work` with an empty directory. When it succeeds, nothing is left of it; when it fails, what `keepAfter` says,
 * for the next run to go on with.
 *
 * @throws {MediaError} `work_dir_unusable` or `disk_full` when it cannot be made; else whatever `work` throws.
 */
export async function withRunDirectory<T>(
  options: WithRunDirectoryOptions,
  work: (place: RunDirectory) => Promise<T>,
): Promise<T> {
  await assertWorkDirUsable(options.jobsDir);
  const jobDirectory = join(options.jobsDir, options.jobId);
  const directory = await makeRunDirectory(jobDirectory).catch((error: unknown) => {
    throw unusable(options.jobsDir, error);
  });
  let kept: ReturnType<WithRunDirectoryOptions['keepAfter']> = 'nothing';
  try {
    return await work({ jobDirectory, directory });
  } catch (error) {
    kept = options.keepAfter(error);
    throw error;
  } finally {
    if (kept !== 'job') await rm(directory, REMOVAL);
    // Not with all that is in it: a worker that took the job over may have begun a run of its own.
    if (kept === 'nothing') await rmdir(jobDirectory).catch(() => {});
  }
}

async function makeRunDirectory(jobDirectory: string): Promise<string> {
  await mkdir(jobDirectory, { recursive: true, mode: PRIVATE_MODE });
  return mkdtemp(join(jobDirectory, 'run-'));
}

/** Removes all that is left of a job. */
export const removeJobDirectory = ({ jobsDir, jobId }: { jobsDir: string; jobId: string }): Promise<void> =>
  rm(join(jobsDir, jobId), REMOVAL);

export interface SweepOptions {
  readonly jobsDir: string;
  /** Whether a job waits or runs; when that cannot be told, its directory stays. */
  readonly isLive: (jobId: string) => Promise<boolean>;
  readonly log: Log;
}

/**
 * Removes the directories of jobs that have come to their end elsewhere: killed workers cannot. Beside them, those of
 * queues that nobody serves here any more, once they are old. What cannot be removed is logged and stays.
 *
 * @returns the ids of the jobs whose directories went.
 */
export async function sweepJobDirectories({ jobsDir, isLive, log }: SweepOptions): Promise<string[]> {
  const swept: string[] = [];
  const remove = async (path: string): Promise<void> => {
    try {
      await rm(path, REMOVAL);
      swept.push(basename(path));
    } catch (err) {
      log.warn({ event: 'work_dir.stuck', path, err }, `${path} is of no use any more and cannot be removed`);
    }
  };
  for (const path of await listFolder(jobsDir))
    if (!(await isLive(basename(path)).catch(() => true))) await remove(path);
  for (const path of await listForgotten(jobsDir)) await remove(path);
  return swept;
}

async function listForgotten(jobsDir: string): Promise<string[]> {
  const folders = await listFolder(dirname(jobsDir));
  const others = folders.filter((path) => path !== jobsDir && JOBS_FOLDER.test(basename(path)));
  const forgotten: string[] = [];
  for (const path of (await Promise.all(others.map(listFolder))).flat())
    if ((await measureFolder(path)).newestMs < Date.now() - FORGOTTEN_MS) forgotten.push(path);
  return forgotten;
}

const listFolder = (folder: string): Promise<string[]> =>
  readdir(folder).then(
    (names) => names.map((name) => join(folder, name)),
    () => [],
  );
