/** How many may do something at a time; the others wait in the order in which they came. */
export interface Slots {
  /**
   * Waits for a slot.
   *
   * @returns what gives it back; calling it again does nothing.
   * @throws the signal's reason when it ends the wait.
   */
  readonly take: (signal: AbortSignal) => Promise<() => void>;
}

/** @param count from 1. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const hold = (): (() => void) => {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    };
  };
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (free > 0) {
          free--;
          return resolve(hold());
        }
        const go = () => {
          signal.removeEventListener('abort', leave);
          resolve(hold());
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(go), 1);
          reject(signal.reason);
        };
        waiting.push(go);
        signal.addEventListener('abort', leave, { once: true });
      }),
  };
}
