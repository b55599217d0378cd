/**
 * Reserves disk space before a job begins: for its source and what is made of it, in addition to what the other jobs of
 * this process may still need and to WORK_DIR_RESERVE_MB. A job that does not fit waits a while in its slot, then in the
 * queue.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import type { Log } from '@supabase-media/core/log';
import { type DiskSpace, readDiskSpace } from './disk-space.ts';

/** Encoding needs the source, its results, and a second copy of the MP4 while its index is moved to the front. */
const SPACE_FACTOR = 2.5;

/** A short wait costs nothing; after a longer one, a worker with more space should get the job. In milliseconds. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 2000;

export interface AdmissionOptions {
  readonly workDir: string;
  /** What is to stay free, in bytes. */
  readonly reserveBytes: number;
  readonly log: Log;
  /** How long a job waits before it returns to the queue, in milliseconds. */
  readonly waitMs?: number;
  readonly lookEveryMs?: number;
  readonly readDisk?: (path: string) => Promise<DiskSpace>;
}

/** Decides when there is disk space for a job. */
export interface Admission {
  /**
   * Waits for disk space and reserves it until the returned function is called.
   *
   * @param sourceBytes of the source alone.
   * @param heldBytes that the job already has on the disk: it needs that much less.
   * @throws {MediaError} `disk_waiting` after a while without enough space; `disk_too_small` when the disk can never have
   * enough; the signal's reason.
   */
  readonly admit: (sourceBytes: number, signal: AbortSignal, heldBytes?: number) => Promise<() => void>;
}

/** What a job may need on disk, in bytes. */
export const spaceFor = (sourceBytes: number): number => Math.ceil(sourceBytes * SPACE_FACTOR);

/** For the jobs of one process. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { workDir, reserveBytes, log, waitMs = WAIT_MS, lookEveryMs = LOOK_EVERY_MS } = options;
  const readDisk = options.readDisk ?? readDiskSpace;
  let reserved = 0;
  /** Logged once until a job is admitted again: a full disk would fill the log otherwise. */
  let isLogged = false;

  return {
    admit: async (sourceBytes, signal, heldBytes = 0) => {
      const whole = spaceFor(sourceBytes);
      const needed = Math.max(0, whole - heldBytes);
      const deadline = Date.now() + waitMs;
      for (;;) {
        signal.throwIfAborted();
        const { free, total } = await readDisk(workDir);
        const facts = {
          freeBytes: free,
          totalBytes: total,
          neededBytes: needed,
          heldBytes,
          reserveBytes,
          promisedBytes: reserved,
        };
        if (whole + reserveBytes > total)
          throw new MediaError({
            code: 'disk_too_small',
            message: `A source of ${formatBytes(sourceBytes)} needs ${formatBytes(whole)} in addition to a reserve of ${formatBytes(reserveBytes)}; the disk of ${workDir} has ${formatBytes(total)} in total.`,
            details: facts,
          });
        if (needed + reserveBytes + reserved <= free) {
          isLogged = false;
          reserved += needed;
          let isHeld = true;
          return () => {
            if (isHeld) reserved -= needed;
            isHeld = false;
          };
        }
        const message = `The disk of ${workDir} has ${formatBytes(free)} free; a source of ${formatBytes(sourceBytes)} needs ${formatBytes(needed)}${heldBytes > 0 ? ' more' : ''}, in addition to a reserve of ${formatBytes(reserveBytes)} and ${formatBytes(reserved)} for running jobs.`;
        if (!isLogged)
          log.warn(
            { event: 'disk.waiting', ...facts },
            `${message} Jobs wait until there is space and then start automatically.`,
          );
        isLogged = true;
        if (Date.now() >= deadline) throw new MediaError({ code: 'disk_waiting', message, details: facts });
        await sleep(lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },
  };
}
