/** What a disk has. */
import { statfs } from 'node:fs/promises';

/** A disk, in bytes. `free` is what this user may use. */
export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/** Looks at the disk that a path is on; throws what `statfs` throws. */
export async function readDiskSpace(path: string): Promise<DiskSpace> {
  const disk = await statfs(path);
  return { free: disk.bavail * disk.bsize, total: disk.blocks * disk.bsize };
}
