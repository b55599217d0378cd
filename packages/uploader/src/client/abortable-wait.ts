/** Waiting that can be ended. */

/** What tells whether this machine has a network. */
export interface Connectivity {
  readonly isOnline: () => boolean;
  /** Calls back when a network appears; returns what ends the listening. */
  readonly onOnline: (listener: () => void) => () => void;
}

/** What the browser says. Where there is no browser there is always a network. */
export function browserConnectivity(): Connectivity {
  return {
    isOnline: () => globalThis.navigator?.onLine !== false,
    onOnline: (listener) => {
      if (typeof globalThis.addEventListener !== 'function') return () => {};
      globalThis.addEventListener('online', listener);
      return () => globalThis.removeEventListener('online', listener);
    },
  };
}

/**
 * Waits, but no longer than until a network appears.
 *
 * @param ms Infinity: only until then.
 * @throws the signal's reason when it ends the wait.
 */
export function waitFor(ms: number, options: { signal: AbortSignal; connectivity: Connectivity }): Promise<void> {
  const { signal, connectivity } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      unsubscribe();
      settle();
    };
    const go = end(resolve);
    const stop = end(() => reject(signal.reason));
    const timer = Number.isFinite(ms) ? setTimeout(go, ms) : undefined;
    const unsubscribe = connectivity.onOnline(go);
    signal.addEventListener('abort', stop);
  });
}

/** Waits while there is no network. */
export async function waitUntilOnline(options: { signal: AbortSignal; connectivity: Connectivity }): Promise<void> {
  while (!options.connectivity.isOnline()) await waitFor(Number.POSITIVE_INFINITY, options);
}
