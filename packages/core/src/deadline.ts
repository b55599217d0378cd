/**
 * A time limit beside another signal. Node 20 forgets an `AbortSignal.timeout` that only `AbortSignal.any` knows of at
 * the next garbage collection, and the limit with it; a timer keeps its controller.
 */
export interface Deadline {
  /** Aborts with the other signal, or when the time is over. */
  readonly signal: AbortSignal;
  /** Whether it was the time. */
  readonly isOver: () => boolean;
  readonly clear: () => void;
}

/** Begins to count; keeps no process alive. */
export function startDeadline(limitMs: number, signal?: AbortSignal): Deadline {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException('The time is over.', 'TimeoutError')), limitMs).unref();
  return {
    signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
    isOver: () => over.signal.aborted,
    clear: () => clearTimeout(timer),
  };
}
