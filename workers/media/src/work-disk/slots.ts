/** A number of places for work of one kind; who comes when all are taken waits in line. */
/** The places for one kind of work. */
export interface Slots {
  /** Runs `work` when there is a place; the signal ends the wait, not the work. */
  readonly run: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

/** Makes `count` places. */
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
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        line.splice(line.indexOf(enter), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      line.push(enter);
    });

  const leave = (): void => {
    const next = line.shift();
    if (next === undefined) free++;
    else next();
  };

  return {
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
