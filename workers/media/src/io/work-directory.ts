/** The private directory of one job: made before the job begins, gone when it ends, whatever the ending. */
import { access, constants, mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '../errors.ts';
import { formatBytes } from '../observability/format.ts';

/** For the owner alone: sources are private videos of other people. */
const PRIVATE_MODE = 0o700;

/** Encoding needs the source, its results, and a second copy of the MP4 while its index is moved to the front. */
const ROOM_FACTOR = 2.5;

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

/**
 * Runs `work` with an empty directory for one job and removes it afterwards.
 *
 * @throws {MediaError} `work_dir_unusable` when it cannot be made; else whatever `work` throws.
 */
export async function withWorkDirectory<T>(
  options: { readonly workDir: string; readonly jobId: string },
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(options.workDir, 'jobs', options.jobId);
  await assertWorkDirUsable(options.workDir);
  try {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { mode: PRIVATE_MODE });
  } catch (error) {
    throw unusable(options.workDir, error);
  }
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Makes sure that the directory's disk has room for a source of this size and what is made from it.
 *
 * @param sourceBytes of the source alone.
 * @throws {MediaError} `disk_full`, with what is free and what is needed.
 */
export async function assertRoomFor(directory: string, sourceBytes: number): Promise<void> {
  const disk = await statfs(directory);
  const free = disk.bavail * disk.bsize;
  const needed = Math.ceil(sourceBytes * ROOM_FACTOR);
  if (free >= needed) return;
  throw new MediaError({
    code: 'disk_full',
    message: `The disk of ${directory} has ${formatBytes(free)} free; a source of ${formatBytes(sourceBytes)} needs ${formatBytes(needed)}.`,
    details: { freeBytes: free, neededBytes: needed },
  });
}
