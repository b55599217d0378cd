/** A job that runs in this process. */
import type { KnownJob } from './catalog.ts';

export interface RunningJob extends KnownJob {
  readonly jobId: string;
  /** When the job was made, in milliseconds since the epoch. */
  readonly createdAtMs: number;
  readonly controller: AbortController;
  /** Whether the job's row was seen since the run began. */
  rowSeen: boolean;
  /** The queue has just renewed its lock. */
  readonly lockRenewed: () => void;
  /** How long ago that was, in milliseconds. */
  readonly sinceLockMs: () => number;
}
