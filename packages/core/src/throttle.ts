/** Limits how often a fast source of values calls a slow consumer. */

/** Sends the newest value at most once per interval, one send at a time. */
export interface Throttle<T> {
  readonly offer: (value: T) => void;
  /** Drops the unsent value and resolves when a running send has ended. */
  readonly stop: () => Promise<void>;
}

/**
 * Throttles `send`. Its errors go to `onError`: a failed progress report must not fail the work.
 *
 * @param everyMs the minimum time between the starts of two sends, in milliseconds.
 */
export function createThrottle<T>(options: {
  readonly everyMs: number;
  readonly send: (value: T) => Promise<void>;
  readonly onError?: (error: unknown) => void;
}): Throttle<T> {
  let waiting: { value: T } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let lastStart = Number.NEGATIVE_INFINITY;
  let isStopped = false;

  const schedule = (): void => {
    if (timer !== undefined || sending !== undefined || waiting === undefined || isStopped) return;
    const wait = Math.max(0, lastStart + options.everyMs - performance.now());
    timer = setTimeout(start, wait);
  };
  const start = (): void => {
    timer = undefined;
    if (waiting === undefined) return;
    const { value } = waiting;
    waiting = undefined;
    lastStart = performance.now();
    sending = options
      .send(value)
      .catch((error: unknown) => options.onError?.(error))
      .finally(() => {
        sending = undefined;
        schedule();
      });
  };
  return {
    offer: (value) => {
      waiting = { value };
      schedule();
    },
    stop: async () => {
      isStopped = true;
      waiting = undefined;
      clearTimeout(timer);
      await sending;
    },
  };
}
