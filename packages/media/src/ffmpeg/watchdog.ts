import { MediaError } from '@supabase-media/core/errors';

/** How long a process may take. Milliseconds; no limit where nothing is given. */
export interface ProcessLimits {
  /** From start to end. */
  readonly totalMs?: number | undefined;
  /** Without a sign of progress. A function is asked again and again, since the last part of a job may be silent. */
  readonly stallMs?: number | (() => number) | undefined;
  /** Between SIGTERM and SIGKILL; 10 000 by default. */
  readonly killGraceMs?: number | undefined;
}

export interface Watchdog {
  /** Progress was seen. */
  progress(): void;
  end(): void;
}

export interface WatchdogOptions {
  readonly program: string;
  readonly limits: ProcessLimits;
  /** Called at most once. */
  readonly onExpired: (error: MediaError) => void;
}

/** Often enough for limits in seconds, rare enough to cost nothing. */
const CHECK_EVERY_MS = 250;

/**
 * A look that comes this much too late was not made because we stood still ourselves: the container was paused, the
 * machine suspended. The program did too, or it went on unseen; either way its silence says nothing.
 */
const STANDSTILL_MS = 2_000;

/** Calls `onExpired` when a process takes too long in all, or shows no progress for too long. */
export function createWatchdog({ program, limits, onExpired }: WatchdogOptions): Watchdog {
  // Not Date: a clock that is set forward is no silence.
  const times = watchTimes({ program, limits, nowMs: performance.now() });
  const timer = setInterval(() => {
    const expired = times.tick(performance.now());
    if (expired === undefined) return;
    clearInterval(timer);
    onExpired(expired);
  }, checkInterval(limits));
  return {
    progress: () => times.progress(performance.now()),
    end: () => clearInterval(timer),
  };
}

/** The times of one process, without a clock of its own: every moment is handed in, in milliseconds. */
export function watchTimes({ program, limits, nowMs }: Omit<WatchdogOptions, 'onExpired'> & { nowMs: number }) {
  const interval = checkInterval(limits);
  let startedAt = nowMs;
  let progressAt = nowMs;
  let lookedAt = nowMs;
  return {
    progress(now: number): void {
      progressAt = now;
    },
    /** What ends the process, if anything does. */
    tick(now: number): MediaError | undefined {
      const lateMs = now - lookedAt - interval;
      lookedAt = now;
      if (lateMs > STANDSTILL_MS) {
        startedAt += lateMs;
        progressAt = now;
      }
      return findExpired(program, limits, now - startedAt, now - progressAt);
    },
  };
}

function findExpired(
  program: string,
  limits: ProcessLimits,
  totalMs: number,
  silentMs: number,
): MediaError | undefined {
  if (limits.totalMs !== undefined && totalMs > limits.totalMs) {
    return new MediaError({
      code: 'ffmpeg_timeout',
      message: `${program} ran for more than ${seconds(limits.totalMs)} s.`,
    });
  }
  const stallMs = typeof limits.stallMs === 'function' ? limits.stallMs() : limits.stallMs;
  if (stallMs === undefined || silentMs <= stallMs) return undefined;
  return new MediaError({
    code: 'ffmpeg_stalled',
    message: `${program} made no progress for ${seconds(silentMs)} s.`,
  });
}

function checkInterval({ totalMs, stallMs }: ProcessLimits): number {
  const shortest = Math.min(totalMs ?? Infinity, typeof stallMs === 'number' ? stallMs : Infinity);
  return Math.max(10, Math.min(CHECK_EVERY_MS, shortest / 4));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
}
