/** How much more memory this process took than at the start. */

export interface MemoryMeasure {
  /** Ends it. @returns the most that was seen, in bytes. */
  readonly stop: () => number;
}

export function measureMemory(): MemoryMeasure {
  const start = process.memoryUsage.rss();
  let most = start;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  return {
    stop: () => {
      clearInterval(timer);
      return most - start;
    },
  };
}
