/**
 * Whether a client sends fast enough to keep a place in the relay. Only the time in which the relay waits for the client
 * counts: a Storage that takes bytes slowly is not the client's doing. The clock is passed in.
 */

export interface MinimumRateOptions {
  /** Bytes per second of waiting, on average over a window; 0 allows any rate. */
  readonly bytesPerSecond: number;
  /** In milliseconds; a client that is silent for less than this is not judged by its silence alone. */
  readonly windowMs: number;
}

export interface MinimumRate {
  /** The relay waits for the client from now on. */
  readonly waits: (nowMs: number) => void;
  /** Bytes came from the client. */
  readonly came: (bytes: number, nowMs: number) => void;
  /** Undefined while it is fast enough; else how much came in how long a wait, in bytes and milliseconds. */
  readonly tooSlow: (nowMs: number) => { readonly bytes: number; readonly ms: number } | undefined;
}

/** Judges windows one after the other, each by a whole window of waiting. */
export function createMinimumRate({ bytesPerSecond, windowMs }: MinimumRateOptions): MinimumRate {
  let waitingSince: number | undefined;
  let waitedMs = 0;
  let bytes = 0;
  const addWait = (nowMs: number): void => {
    if (waitingSince === undefined) return;
    waitedMs += nowMs - waitingSince;
    waitingSince = nowMs;
  };
  return {
    waits: (nowMs) => {
      waitingSince ??= nowMs;
    },
    came: (count, nowMs) => {
      addWait(nowMs);
      waitingSince = undefined;
      bytes += count;
    },
    tooSlow: (nowMs) => {
      addWait(nowMs);
      if (waitedMs < windowMs) return undefined;
      const window = { bytes, ms: waitedMs };
      [waitedMs, bytes] = [0, 0];
      return window.bytes * 1000 < bytesPerSecond * window.ms ? window : undefined;
    },
  };
}
