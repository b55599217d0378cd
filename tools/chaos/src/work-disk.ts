/**
 * The disk that the workers of a run work on. Where mounting is permitted it is a small tmpfs, which a ballast file
 * fills to the last block; elsewhere it is a plain folder that cannot be filled.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface WorkDisk {
  readonly path: string;
  readonly canBeFilled: boolean;
  /** Takes all room but this many bytes. */
  readonly fill: (leaveBytes: number) => Promise<void>;
  readonly release: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const BLOCK = Buffer.alloc(1 << 20);

/** Makes the folder, mounts it where that is permitted. */
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
        // A worker took the last blocks: it is full, which is what was wanted.
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
