/** Where the client remembers what must outlive the page. */

/** Text by key, as localStorage keeps it; answers may come later. */
export interface KeyValueStore {
  readonly get: (key: string) => string | null | Promise<string | null>;
  readonly set: (key: string, value: string) => void | Promise<void>;
  readonly remove: (key: string) => void | Promise<void>;
  readonly keys: () => readonly string[] | Promise<readonly string[]>;
}

/** Forgets with the page. */
export function createMemoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}

/** localStorage; a memory where the browser has none or forbids it. */
export function defaultStore(): KeyValueStore {
  const local = readLocalStorage();
  if (local === undefined) return createMemoryStore();
  return {
    get: (key) => local.getItem(key),
    set: (key, value) => local.setItem(key, value),
    remove: (key) => local.removeItem(key),
    keys: () => Array.from({ length: local.length }, (_, index) => local.key(index) ?? ''),
  };
}

/** Node names the property too from version 22 on, and warns or throws where no file was given for it. */
function readLocalStorage(): Storage | undefined {
  try {
    return typeof globalThis.document === 'undefined' ? undefined : globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** A value and its key. */
export interface Kept<T> {
  readonly key: string;
  readonly value: T;
}

/** Values of one kind under one prefix. A store that fails (full, forbidden) costs a memory, never an upload. */
export interface NamespacedStore<T> {
  readonly read: (key: string) => Promise<T | undefined>;
  readonly write: (key: string, value: T) => Promise<void>;
  readonly forget: (key: string) => Promise<void>;
  /** All that can be read, each with its key; what `isGone` names is removed from the store. */
  readonly list: (isGone: (value: T) => boolean) => Promise<readonly Kept<T>[]>;
  readonly remove: (isMeant: (value: T) => boolean) => Promise<void>;
}

export function openNamespacedStore<T>(
  store: KeyValueStore,
  options: { readonly prefix: string; readonly parse: (value: unknown) => T | undefined },
): NamespacedStore<T> {
  const read = async (name: string): Promise<T | undefined> => {
    try {
      const text = await store.get(name);
      return text === null ? undefined : options.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  };
  const quietly = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch {
      // Nothing depends on it.
    }
  };
  const forget = (name: string) => quietly(() => store.remove(name));
  const sweep = async (isGone: (value: T) => boolean): Promise<readonly Kept<T>[]> => {
    const kept: Kept<T>[] = [];
    let names: readonly string[] = [];
    await quietly(async () => {
      names = await store.keys();
    });
    for (const name of names.filter((candidate) => candidate.startsWith(options.prefix))) {
      const value = await read(name);
      if (value === undefined || isGone(value)) await forget(name);
      else kept.push({ key: name.slice(options.prefix.length), value });
    }
    return kept;
  };
  return {
    read: (key) => read(options.prefix + key),
    write: (key, value) => quietly(() => store.set(options.prefix + key, JSON.stringify(value))),
    forget: (key) => forget(options.prefix + key),
    list: sweep,
    remove: async (isMeant) => void (await sweep(isMeant)),
  };
}
