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

/** Of a job that gets all that there is: its own limit ends it, before the disk is full and is blamed. */
const SPARE_BYTES = 8_000_000;

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

/** Disk space of one job. */
export interface Reservation {
  /**
   * Reserves what the results may need, once that is known. A job whose results need more than the disk can give gets what
   * there is when no other job is running, and may write no more than that.
   *
   * @param wholeBytes for the job in all, and of those what it has on the disk by now.
   * @returns what it may have on the disk in all, in bytes: what was asked for, or what there is.
   * @throws {MediaError} `disk_waiting` while other jobs need the space; the signal's reason.
   */
  readonly extend: (wholeBytes: number, heldBytes: number, signal: AbortSignal) => Promise<number>;
  readonly release: () => void;
}

/** Decides when there is disk space for a job. */
export interface Admission {
  /**
   * Waits for disk space and reserves it until it is released.
   *
   * @param sourceBytes of the source alone.
   * @param heldBytes that the job already has on the disk: it needs that much less.
   * @throws {MediaError} `disk_waiting` after a while without enough space; `disk_too_small` when the disk can never have
   * enough; the signal's reason.
   */
  readonly admit: (sourceBytes: number, signal: AbortSignal, heldBytes?: number) => Promise<Reservation>;
}

/** What a job may need on disk before its results are planned, in bytes. */
export const spaceFor = (sourceBytes: number): number => Math.ceil(sourceBytes * SPACE_FACTOR);

/** One job that was admitted. */
interface Holder {
  /** What it may still write, in bytes. */
  promised: number;
  allowed: number;
  /** Waits to be given more. */
  isWaiting: boolean;
}

/** What a look at the disk gave: something, or why not, in words and numbers. */
type Look<T> =
  | { readonly isGranted: true; readonly value: T }
  | { readonly isGranted: false; readonly message: string; readonly facts: Readonly<Record<string, number>> };

/** For the jobs of one process. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { workDir, reserveBytes, log, waitMs = WAIT_MS, lookEveryMs = LOOK_EVERY_MS } = options;
  const readDisk = options.readDisk ?? readDiskSpace;
  const holders = new Set<Holder>();
  /** Logged once until a job is admitted again: a full disk would fill the log otherwise. */
  let isLogged = false;

  const promisedBytes = (except?: Holder) =>
    [...holders].reduce((sum, holder) => sum + (holder === except ? 0 : holder.promised), 0);

  /** Asks again and again until there is an answer other than why there is none. */
  async function waitFor<T>(signal: AbortSignal, look: () => Promise<Look<T>>): Promise<T> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      signal.throwIfAborted();
      const found = await look();
      if (found.isGranted) {
        isLogged = false;
        return found.value;
      }
      const { message, facts } = found;
      if (!isLogged)
        log.warn(
          { event: 'disk.waiting', ...facts },
          `${message} Jobs wait until there is space and then start automatically.`,
        );
      isLogged = true;
      if (Date.now() >= deadline) throw new MediaError({ code: 'disk_waiting', message, details: facts });
      await sleep(lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  const reservationOf = (holder: Holder): Reservation => ({
    release: () => void holders.delete(holder),
    extend: async (wholeBytes, heldBytes, signal) => {
      holder.isWaiting = true;
      try {
        holder.allowed = await waitFor(signal, async () => {
          const { free, total } = await readDisk(workDir);
          const promised = promisedBytes(holder);
          const space = Math.max(holder.allowed, heldBytes + free - reserveBytes - promised);
          if (wholeBytes <= space) return { isGranted: true, value: Math.max(wholeBytes, heldBytes) };
          // Of jobs that all wait for each other, the first goes on with what there is.
          const isNext = [...holders].every((other) => other.isWaiting) && [...holders][0] === holder;
          if (isNext) return { isGranted: true, value: Math.max(holder.allowed, heldBytes, space - SPARE_BYTES) };
          const message = `The disk of ${workDir} has ${formatBytes(free)} free; the results of a video may need ${formatBytes(wholeBytes - heldBytes)} more, in addition to a reserve of ${formatBytes(reserveBytes)} and ${formatBytes(promised)} for running jobs.`;
          const facts = {
            freeBytes: free,
            totalBytes: total,
            neededBytes: wholeBytes - heldBytes,
            heldBytes,
            reserveBytes,
            promisedBytes: promised,
          };
          return { isGranted: false, message, facts };
        });
        holder.promised = Math.max(0, holder.allowed - heldBytes);
        return holder.allowed;
      } finally {
        holder.isWaiting = false;
      }
    },
  });

  return {
    admit: (sourceBytes, signal, heldBytes = 0) =>
      waitFor(signal, async () => {
        const whole = spaceFor(sourceBytes);
        const needed = Math.max(0, whole - heldBytes);
        const { free, total } = await readDisk(workDir);
        const promised = promisedBytes();
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
            message: `A source of ${formatBytes(sourceBytes)} needs ${formatBytes(whole)} in addition to a reserve of ${formatBytes(reserveBytes)}; the disk of ${workDir} has ${formatBytes(total)} in total.`,
            details: facts,
          });
        if (needed + reserveBytes + promised <= free) {
          const holder = { promised: needed, allowed: Math.max(whole, heldBytes), isWaiting: false };
          holders.add(holder);
          return { isGranted: true, value: reservationOf(holder) };
        }
        const message = `The disk of ${workDir} has ${formatBytes(free)} free; a source of ${formatBytes(sourceBytes)} needs ${formatBytes(needed)}${heldBytes > 0 ? ' more' : ''}, in addition to a reserve of ${formatBytes(reserveBytes)} and ${formatBytes(promised)} for running jobs.`;
        return { isGranted: false, message, facts };
      }),
  };
}
