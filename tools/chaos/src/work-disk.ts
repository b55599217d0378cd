/**
 * The disk of the workers of a run. If mounting is permitted it is a small tmpfs, which a ballast file can fill;
 * otherwise it is a plain folder that cannot be filled.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface WorkDisk {
  readonly path: string;
  readonly canBeFilled: boolean;
  /** Fills the disk up to this many free bytes. */
  readonly fill: (leaveBytes: number) => Promise<void>;
  readonly release: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const BLOCK = Buffer.alloc(1 << 20);

/** Creates the folder, and mounts a tmpfs if that is permitted. */
export async function openWorkDisk(path: string, megabytes: number): Promise<WorkDisk> {
  await mkdir(path, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', path]).status === 0;
  const ballast = join(path, 'ballast');
  const release = () => rm(ballast, { force: true });
  return {
    path,
    canBeFilled: mounted,
    fill: async (leaveBytes) => {
      if (!mounted) return;
      const file = await open(ballast, 'w');
      try {
        for (;;) {
          const { bavail, bsize } = await statfs(path);
          const room = Math.min(BLOCK.length, bavail * bsize - leaveBytes);
          if (room <= 0) return;
          await file.write(BLOCK, 0, room);
        }
      } catch (error) {
        // A worker took the last blocks: the disk is full, as intended.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    release,
    close: async () => {
      if (mounted) spawnSync('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}
