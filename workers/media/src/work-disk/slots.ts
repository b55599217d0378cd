/** Limits how much work of one kind runs at the same time; the rest waits in order of arrival. */
export interface Slots {
  /** Runs `work` when a slot is free; the signal ends the wait, not the work. */
  readonly run: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
  /** Takes a slot that is free now; `undefined` where none is. What it returns gives the slot back. */
  readonly takeFree: () => (() => void) | undefined;
}

/** Makes `count` slots. */
export function createSlots(count: number): Slots {
  let free = count;
  const line: (() => void)[] = [];

  const take = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (free > 0) {
        free--;
        return resolve();
      }
      const enter = () => {
        signal.removeEventListener('abort', abortWait);
        resolve();
      };
      const abortWait = () => {
        line.splice(line.indexOf(enter), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abortWait, { once: true });
      line.push(enter);
    });

  const leave = (): void => {
    const next = line.shift();
    if (next === undefined) free++;
    else next();
  };

  return {
    takeFree: () => {
      if (free === 0) return undefined;
      free--;
      let isTaken = true;
      return () => {
        if (isTaken) leave();
        isTaken = false;
      };
    },
    run: async (signal, work) => {
      signal.throwIfAborted();
      await take(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
