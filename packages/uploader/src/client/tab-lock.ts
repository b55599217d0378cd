/** Locks by name, so that one file is sent once: within this page, and across its tabs where the browser has Web Locks. */

/**
 * Locks a name.
 *
 * @param taken the names that this page has locked.
 * @returns what releases it; undefined when another has it.
 */
export async function tabLockName(name: string, taken: Set<string>): Promise<(() => void) | undefined> {
  if (taken.has(name)) return undefined;
  taken.add(name);
  const unlock = await lockAcrossTabs(name);
  if (unlock === undefined) {
    taken.delete(name);
    return undefined;
  }
  return () => {
    taken.delete(name);
    unlock();
  };
}

/**
 * Tells which names are locked just now.
 *
 * @param taken the names that this page has locked.
 */
export async function checkLocks(taken: ReadonlySet<string>): Promise<(name: string) => boolean> {
  const snapshot = await globalThis.navigator?.locks?.query().catch(() => undefined);
  const held = new Set(snapshot?.held?.map((lock) => lock.name));
  return (name) => taken.has(name) || held.has(lockNameOf(name));
}

const lockNameOf = (name: string): string => `supabase-media:${name}`;

/** A lock goes with its page. Only secure contexts have them; elsewhere tabs do not know of each other. */
function lockAcrossTabs(name: string): Promise<(() => void) | undefined> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) return new Promise((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    locks.request(lockNameOf(name), { ifAvailable: true }, hold).catch(() => resolve(() => {}));
  });
}
