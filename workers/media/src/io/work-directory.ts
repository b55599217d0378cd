/**
 * The private directories of jobs. A job has one, and in it one for each of its runs; they outlive a run only where the
 * next one can go on with what is in them.
 */
import { access, constants, mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '../errors.ts';

/** For the owner alone: sources are private videos of other people. */
const PRIVATE_MODE = 0o700;

const REMOVAL = { recursive: true, force: true, maxRetries: 3 } as const;

function unusable(workDir: string, error: unknown): MediaError {
  const words = error instanceof Error ? error.message : String(error);
  return new MediaError({ code: 'work_dir_unusable', message: `WORK_DIR ${workDir} cannot be used: ${words}.` });
}

/**
 * Makes sure that the folder for jobs exists and can be written to.
 *
 * @throws {MediaError} `work_dir_unusable`.
 */
export async function assertWorkDirUsable(workDir: string): Promise<void> {
  try {
    await mkdir(join(workDir, 'jobs'), { recursive: true, mode: PRIVATE_MODE });
    await access(join(workDir, 'jobs'), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(workDir, error);
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

export interface WithRunDirectoryOptions {
  readonly workDir: string;
  readonly jobId: string;
  /** What is left when the run ends with this error: its directory, or nothing of it. */
  readonly keepAfter: (error: unknown) => 'job' | 'nothing';
}

/**
 * Runs `work` with an empty directory. When it succeeds, nothing is left of it; when it fails, what `keepAfter` says,
 * for the next run to go on with.
 *
 * @throws {MediaError} `work_dir_unusable` when it cannot be made; else whatever `work` throws.
 */
export async function withRunDirectory<T>(
  options: WithRunDirectoryOptions,
  work: (place: RunDirectory) => Promise<T>,
): Promise<T> {
  await assertWorkDirUsable(options.workDir);
  const jobDirectory = jobDirectoryOf(options.workDir, options.jobId);
  const directory = await makeRunDirectory(jobDirectory).catch((error: unknown) => {
    throw unusable(options.workDir, error);
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

const jobDirectoryOf = (workDir: string, jobId: string): string => join(workDir, 'jobs', jobId);

/** Removes all that is left of a job. */
export const removeJobDirectory = (workDir: string, jobId: string): Promise<void> =>
  rm(jobDirectoryOf(workDir, jobId), REMOVAL);

/**
 * Removes the directories of jobs that have come to their end elsewhere: killed workers cannot.
 *
 * @param isLive whether a job waits or runs; when that cannot be told, the directory stays.
 * @returns the ids of the jobs whose directories went.
 */
export async function sweepJobDirectories(
  workDir: string,
  isLive: (jobId: string) => Promise<boolean>,
): Promise<string[]> {
  const swept: string[] = [];
  for (const jobId of await readdir(join(workDir, 'jobs')).catch(() => [])) {
    if (await isLive(jobId).catch(() => true)) continue;
    await removeJobDirectory(workDir, jobId);
    swept.push(jobId);
  }
  return swept;
}
