/** How many may do something costly at a time: in all, and of one owner. The others wait, whoever has room goes first. */

export interface FairSlots {
  /**
   * Does it when there is a slot.
   *
   * @throws the signal's reason when it ends the wait, and what the work throws.
   */
  readonly run: <T>(ownerId: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

export function createFairSlots({
  max,
  maxPerOwner,
}: {
  readonly max: number;
  readonly maxPerOwner: number;
}): FairSlots {
  const held: string[] = [];
  const waiting: { readonly ownerId: string; readonly go: () => void }[] = [];
  const hasRoom = (ownerId: string): boolean =>
    held.length < max && held.filter((holder) => holder === ownerId).length < maxPerOwner;

  const wait = (ownerId: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const waiter = {
        ownerId,
        go: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      waiting.push(waiter);
      signal.addEventListener('abort', leave, { once: true });
    });

  const release = (ownerId: string): void => {
    held.splice(held.indexOf(ownerId), 1);
    const index = waiting.findIndex((waiter) => hasRoom(waiter.ownerId));
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    if (next === undefined) return;
    // Taken before anything else runs: nobody comes in between.
    held.push(next.ownerId);
    next.go();
  };

  return {
    run: async (ownerId, signal, work) => {
      signal.throwIfAborted();
      if (hasRoom(ownerId)) held.push(ownerId);
      else await wait(ownerId, signal);
      try {
        return await work();
      } finally {
        release(ownerId);
      }
    },
  };
}
