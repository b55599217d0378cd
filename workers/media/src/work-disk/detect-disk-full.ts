/**
 * Programs do not always say that the disk is full: ffmpeg's HLS muxer then exits with 0 and leaves truncated files
 * (measured with 5.1 and 7.0). When an output is not what it should be, the free space is checked.
 */
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { type DiskSpace, readDiskSpace } from './disk-space.ts';

/** A disk with less free space than this counts as full, in bytes: ffmpeg's buffers alone hold more. */
const FULL_BYTES = 8_000_000;

const SUSPICIOUS: readonly string[] = ['output_invalid', 'ffmpeg_failed', 'unexpected'];

/**
 * The error that explains a failure.
 *
 * @returns `disk_full` where the disk is; else the error as it was.
 */
export async function detectDiskFull(
  thrown: unknown,
  directory: string,
  readDisk: (path: string) => Promise<DiskSpace> = readDiskSpace,
): Promise<MediaError> {
  const error = toMediaError(thrown);
  if (!SUSPICIOUS.includes(error.code)) return error;
  const disk = await readDisk(directory).catch(() => undefined);
  if (disk === undefined || disk.free >= FULL_BYTES) return error;
  return new MediaError({
    code: 'disk_full',
    message: `The disk of ${directory} is full (${formatBytes(disk.free)} free), and files on it are incomplete: ${error.message}`,
    details: { freeBytes: disk.free },
    cause: error,
  });
}
