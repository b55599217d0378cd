/**
 * A time limit combined with another signal. On Node 20 an `AbortSignal.timeout` that only `AbortSignal.any` references
 * is garbage collected and never fires; a timer keeps its controller alive.
 */
export interface Deadline {
  /** Aborts with the other signal, or when the time limit is reached. */
  readonly signal: AbortSignal;
  /** Whether the time limit was reached. */
  readonly isOver: () => boolean;
  readonly clear: () => void;
}

/** Starts the timer, which does not keep the process alive. */
export function startDeadline(limitMs: number, signal?: AbortSignal): Deadline {
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new DOMException('The time limit was reached.', 'TimeoutError')),
    limitMs,
  ).unref();
  return {
    signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
    isOver: () => over.signal.aborted,
    clear: () => clearTimeout(timer),
  };
}
