/** Runs many small tasks, a few at a time. */

export interface RunLimitedOptions<Item> {
  readonly items: readonly Item[];
  /** How many at a time, from 1. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Its signal ends with the given one, and when another piece has failed. */
  readonly work: (item: Item, signal: AbortSignal) => Promise<void>;
}

/** Resolves when all is done; throws the first failure, after everything that was running has ended. */
export async function runLimited<Item>({ items, limit, signal, work }: RunLimitedOptions<Item>): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let failure: { readonly error: unknown } | undefined;
  const queue = [...items];
  const runOne = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && failure === undefined; item = queue.shift()) {
      try {
        await work(item, either);
      } catch (error) {
        failure ??= { error };
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, runOne));
  if (failure !== undefined) throw failure.error;
}
