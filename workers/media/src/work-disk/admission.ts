/**
 * Room on the disk before a job begins: for its source and what is made of it, beside what the other jobs of this
 * process may still need, and beside the reserve. A job that does not fit waits a while in its place, then in the queue.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import type { Log } from '@supabase-media/core/log';
import { type DiskSpace, readDiskSpace } from './disk-space.ts';

/** Encoding needs the source, its results, and a second copy of the MP4 while its index is moved to the front. */
const ROOM_FACTOR = 2.5;

/** A short wait costs nothing; after a long one a worker with more room shall have the job. In milliseconds. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 2000;

export interface AdmissionOptions {
  readonly workDir: string;
  /** What is to stay free, in bytes. */
  readonly reserveBytes: number;
  readonly log: Log;
  /** How long a job waits in its place, in milliseconds. */
  readonly waitMs?: number;
  readonly lookEveryMs?: number;
  readonly readDisk?: (path: string) => Promise<DiskSpace>;
}

/** Lets jobs in. */
export interface Admission {
  /**
   * Waits for room and holds it until the returned function is called.
   *
   * @param sourceBytes of the source alone.
   * @param heldBytes that the job has on the disk already: what it needs is so much less.
   * @throws {MediaError} `disk_waiting` when there is none for a while; `disk_too_small` when there can be none here; the
   * signal's reason.
   */
  readonly admit: (sourceBytes: number, signal: AbortSignal, heldBytes?: number) => Promise<() => void>;
}

/** What a job may need on disk, in bytes. */
export const roomFor = (sourceBytes: number): number => Math.ceil(sourceBytes * ROOM_FACTOR);

/** Opens the gate for the jobs of one process. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { workDir, reserveBytes, log, waitMs = WAIT_MS, lookEveryMs = LOOK_EVERY_MS } = options;
  const readDisk = options.readDisk ?? readDiskSpace;
  let promised = 0;
  /** Said once until a job gets in again: a full disk fills the log otherwise. */
  let isSaid = false;

  return {
    admit: async (sourceBytes, signal, heldBytes = 0) => {
      const whole = roomFor(sourceBytes);
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
          promisedBytes: promised,
        };
        if (whole + reserveBytes > total)
          throw new MediaError({
            code: 'disk_too_small',
            message: `A source of ${formatBytes(sourceBytes)} needs ${formatBytes(whole)} beside a reserve of ${formatBytes(reserveBytes)}; the disk of ${workDir} has ${formatBytes(total)} in all.`,
            details: facts,
          });
        if (needed + reserveBytes + promised <= free) {
          isSaid = false;
          promised += needed;
          let isHeld = true;
          return () => {
            if (isHeld) promised -= needed;
            isHeld = false;
          };
        }
        const message = `The disk of ${workDir} has ${formatBytes(free)} free; a source of ${formatBytes(sourceBytes)} needs ${formatBytes(needed)}${heldBytes > 0 ? ' more' : ''}, beside a reserve of ${formatBytes(reserveBytes)} and ${formatBytes(promised)} for running jobs.`;
        if (!isSaid) log.warn({ event: 'disk.waiting', ...facts }, `${message} Jobs wait until there is room.`);
        isSaid = true;
        if (Date.now() >= deadline) throw new MediaError({ code: 'disk_waiting', message, details: facts });
        await sleep(lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },
  };
}
