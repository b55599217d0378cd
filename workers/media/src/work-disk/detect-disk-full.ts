/**
 * Programs do not always say that the disk is full: ffmpeg's HLS muxer then exits with 0 and leaves truncated files
 * (measured with 5.1 and 7.0). When an output is not what it should be, the free space is checked. And a disk that one job
 * filled with all that it was allowed is not to blame: the next disk would be full, too.
 */
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { type DiskSpace, readDiskSpace } from './disk-space.ts';
import { measureFolder } from './measure-folder.ts';

/** A disk with less free space than this counts as full, in bytes: ffmpeg's buffers alone hold more. */
const FULL_BYTES = 8_000_000;

const SUSPICIOUS: readonly string[] = ['output_invalid', 'ffmpeg_failed', 'unexpected'];

export interface DetectOptions {
  /** Of the job. */
  readonly directory: string;
  /** What the job may have in it, in bytes. */
  readonly allowedBytes: number;
  readonly readDisk?: (path: string) => Promise<DiskSpace>;
}

/**
 * The error that explains a failure.
 *
 * @returns `disk_full` where the disk is; `output_too_large` where this job filled it with what it was allowed; else the
 * error as it was.
 */
export async function detectDiskFull(thrown: unknown, options: DetectOptions): Promise<MediaError> {
  const { directory, allowedBytes, readDisk = readDiskSpace } = options;
  const error = toMediaError(thrown);
  const isTold = error.code === 'disk_full';
  if (!isTold && !SUSPICIOUS.includes(error.code)) return error;
  const disk = await readDisk(directory).catch(() => undefined);
  const isFull = disk !== undefined && disk.free < FULL_BYTES;
  if (!isTold && !isFull) return error;
  const held = (await measureFolder(directory)).bytes;
  if (held + FULL_BYTES >= allowedBytes)
    return new MediaError({
      code: 'output_too_large',
      message: `The results of this video filled the ${formatBytes(allowedBytes)} that there is room for. Upload a shorter part of it, or export it with a smaller picture.`,
      details: { allowedBytes, heldBytes: held },
      cause: error,
    });
  if (isTold) return error;
  return new MediaError({
    code: 'disk_full',
    message: `The disk of ${directory} is full (${formatBytes(disk?.free ?? 0)} free), and files on it are incomplete: ${error.message}`,
    details: { freeBytes: disk?.free },
    cause: error,
  });
}
