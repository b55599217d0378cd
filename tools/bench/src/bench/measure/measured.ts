/** What is measured of one run. */
import type { SeenProcesses } from './watch-processes.ts';

export interface Measured extends SeenProcesses {
  readonly seconds: number;
  /** User and system time of all its processes. */
  readonly cpuSeconds: number;
}

/** What went to Storage and the database's interface, and came from there; headers included. */
export interface Wire {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly storageRequests: number;
  readonly otherRequests: number;
}

/** A run that came to its end, or what it said instead. */
export type Outcome = (Measured & Wire) | { readonly failed: string };

/** A contender could not do it: for its cell in the table, not for us to stop at. */
export class CannotDo extends Error {}
