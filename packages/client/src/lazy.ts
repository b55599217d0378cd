/** Opens something when it is first needed, once for all who ask meanwhile, and again after it failed. */
export interface Lazy<T> {
  /** @throws what opening throws. */
  readonly get: () => Promise<T>;
  /** What was opened or is being opened; undefined where nothing was, or it failed. Never rejects. */
  readonly opened: () => Promise<T> | undefined;
}

export function createLazy<T>(open: () => Promise<T>): Lazy<T> {
  let opening: Promise<T> | undefined;
  return {
    get: () => {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    opened: () => opening,
  };
}
