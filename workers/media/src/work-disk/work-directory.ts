/**
 * The private directories of jobs. A job has one, and in it one for each of its runs. A run's directory is kept after
 * the run only where the next run can resume from it.
 */
import { access, constants, mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { measureFolder } from './measure-folder.ts';

/** For the owner alone: sources are private videos of other people. */
const PRIVATE_MODE = 0o700;

const REMOVAL = { recursive: true, force: true, maxRetries: 3 } as const;

/** One name, no path: begins with a letter or digit, so that it is never `..` nor hidden. */
const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * The directory of a job. Everything that is made or removed for a job is below it.
 *
 * @throws {TypeError} for an id that is no plain name: whoever writes to the queue must not choose folders of this host.
 */
function jobDirectoryOf({ jobsDir, jobId }: { readonly jobsDir: string; readonly jobId: string }): string {
  if (!JOB_ID.test(jobId))
    throw new TypeError(`${JSON.stringify(jobId.slice(0, 100))} is no name for a job's directory`);
  return join(jobsDir, jobId);
}

/** The folders of jobs in WORK_DIR: one for each queue, and the one that earlier releases shared between all. */
const JOBS_FOLDER = /^jobs(-[0-9a-f]{8})?$/;

/** A directory that nobody has written to for this long belongs to no job any more: no run lasts seven days. In milliseconds. */
const FORGOTTEN_MS = 7 * 86_400_000;

function unusable(folder: string, error: unknown): MediaError {
  const known = toMediaError(error);
  // Disk space may return; a directory that cannot be used fails the video for good.
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
  /** Of the job: each of its runs has a directory in here. */
  readonly jobDirectory: string;
  /** Of this run alone, empty at first. */
  readonly directory: string;
}

/** The directories of earlier runs. A worker that lost the job's lock may still write to its own. */
export async function listOtherRuns({ jobDirectory, directory }: RunDirectory): Promise<string[]> {
  const names = await readdir(jobDirectory);
  return names.map((name) => join(jobDirectory, name)).filter((path) => path !== directory);
}

/** Removes the directories of earlier runs, once everything usable was moved out of them. */
export async function removeOtherRuns(runDirectory: RunDirectory): Promise<void> {
  for (const path of await listOtherRuns(runDirectory)) await rm(path, REMOVAL);
}

export interface TidyOptions {
  readonly jobsDir: string;
  readonly jobId: string;
  /** Whether the next run may use a file, by its name in a run's directory. */
  readonly isUsable: (name: string) => boolean;
  /** Called before anything is removed; what it throws is thrown. */
  readonly confirm: () => Promise<void>;
}

/**
 * Removes the files of a job's earlier runs that its next run cannot use.
 *
 * @returns the disk space that the rest takes, in bytes.
 */
export async function tidyJobDirectory({ jobsDir, jobId, isUsable, confirm }: TidyOptions): Promise<number> {
  const jobDirectory = jobDirectoryOf({ jobsDir, jobId });
  const runs = await listFolder(jobDirectory);
  if (runs.length === 0) return 0;
  await confirm();
  for (const run of runs) {
    const entries = await readdir(run, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isDirectory() && !isUsable(relative(run, path))) await rm(path, REMOVAL);
    }
  }
  return (await measureFolder(jobDirectory)).bytes;
}

export interface WithRunDirectoryOptions {
  readonly jobsDir: string;
  readonly jobId: string;
  /** What is kept when the run fails with this error: the job's directory, or nothing. */
  readonly keepAfter: (error: unknown) => 'job' | 'nothing';
}

/**
 * Runs `work` with an empty directory. After a success it is removed; after a failure it is kept if `keepAfter` says so,
 * for the next run to resume from.
 *
 * @throws {MediaError} `work_dir_unusable` or `disk_full` when it cannot be made; else whatever `work` throws.
 */
export async function withRunDirectory<T>(
  options: WithRunDirectoryOptions,
  work: (runDirectory: RunDirectory) => Promise<T>,
): Promise<T> {
  const jobDirectory = jobDirectoryOf(options);
  await assertWorkDirUsable(options.jobsDir);
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
    // Only if it is empty: a worker that took the job over may have begun a run of its own.
    if (kept === 'nothing') await rmdir(jobDirectory).catch(() => {});
  }
}

async function makeRunDirectory(jobDirectory: string): Promise<string> {
  await mkdir(jobDirectory, { recursive: true, mode: PRIVATE_MODE });
  return mkdtemp(join(jobDirectory, 'run-'));
}

/** Removes everything a job left on this disk. */
export const removeJobDirectory = async (job: { readonly jobsDir: string; readonly jobId: string }): Promise<void> =>
  rm(jobDirectoryOf(job), REMOVAL);

export interface SweepOptions {
  readonly jobsDir: string;
  /** Whether a job is queued or running; when that cannot be told, its directory stays. */
  readonly isLive: (jobId: string) => Promise<boolean>;
  readonly log: Log;
}

/**
 * Removes the directories of jobs that ended on another machine after a worker was killed here, and old directories of
 * queues that nobody serves here any more. What cannot be removed is logged and stays.
 *
 * @returns the ids of the jobs whose directories were removed.
 */
export async function sweepJobDirectories({ jobsDir, isLive, log }: SweepOptions): Promise<string[]> {
  const swept: string[] = [];
  const remove = async (path: string): Promise<void> => {
    try {
      await rm(path, REMOVAL);
      swept.push(basename(path));
    } catch (err) {
      log.warn({ event: 'work_dir.stuck', path, err }, `${path} is not needed any more and cannot be removed`);
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
