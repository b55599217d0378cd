/** Runs work side by side: many small tasks, a few at a time, or a few that are different. */

export interface RunLimitedOptions<Item> {
  readonly items: readonly Item[];
  /** How many at a time, from 1. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  /** Its signal ends with the given one, and when another piece has failed. */
  readonly work: (item: Item, signal: AbortSignal) => Promise<void>;
}

/** Resolves when all is done; throws the first failure, after everything that was running has ended. */
export async function runLimited<Item>({ items, limit, signal, work }: RunLimitedOptions<Item>): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any(signal === undefined ? [failed.signal] : [signal, failed.signal]);
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

type Results<Works extends readonly ((signal: AbortSignal) => Promise<unknown>)[]> = {
  -readonly [Index in keyof Works]: Awaited<ReturnType<Works[Index]>>;
};

/**
 * Runs a few pieces of work at the same time.
 *
 * @param works their signal ends with the given one, and when another piece has failed.
 * @returns their results, when all are done.
 * @throws the first failure, after every piece has ended.
 */
export async function runTogether<const Works extends readonly ((signal: AbortSignal) => Promise<unknown>)[]>(
  signal: AbortSignal | undefined,
  works: Works,
): Promise<Results<Works>> {
  const results: unknown[] = [];
  const items = [...works.entries()];
  await runLimited({
    items,
    limit: items.length,
    signal,
    work: async ([index, work], either) => {
      results[index] = await work(either);
    },
  });
  return results as Results<Works>;
}
