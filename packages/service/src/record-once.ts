/** Helpers of metric recordings. */

/** Passes on only the first call. */
export function once<Args extends readonly unknown[]>(record: (...args: Args) => void): (...args: Args) => void {
  let isDone = false;
  return (...args) => {
    if (isDone) return;
    isDone = true;
    record(...args);
  };
}

/** Since a moment of `performance.now()`. */
export const secondsSince = (started: number): number => (performance.now() - started) / 1000;
