/** What was learned about the transport paths to Storage, for a day: a gateway that refused yesterday may be gone. */
import { type KeyValueStore, openNamespacedStore } from './namespaced-store.ts';

/** Straight to Storage, or through the API. */
export type TransportPath = 'direct' | 'relay';

interface PathFacts {
  /** The one that worked when the other did not. */
  readonly path: TransportPath;
  /** By path: the smallest body that a gateway refused, in bytes. */
  readonly refusedBytes: Partial<Record<TransportPath, number>>;
  /** Milliseconds since the epoch. */
  readonly learnedAt: number;
}

const PREFIX = 'supabase-media:path:';

/** Milliseconds. */
const KEEP_MS = 24 * 3600 * 1000;

function parseFacts(value: unknown): PathFacts | undefined {
  const facts = value as PathFacts | null;
  const isKnown = facts?.path === 'direct' || facts?.path === 'relay';
  return isKnown && typeof facts.learnedAt === 'number' && typeof facts.refusedBytes === 'object' ? facts : undefined;
}

/** What is known for one API. */
export interface PathCache {
  readonly recall: () => Promise<{
    readonly path: TransportPath;
    readonly refusedBytes: Partial<Record<TransportPath, number>>;
  }>;
  readonly learnPath: (path: TransportPath) => Promise<void>;
  readonly learnRefusal: (path: TransportPath, bytes: number) => Promise<void>;
}

export function openPathCache(store: KeyValueStore, apiUrl: string, now: () => number): PathCache {
  const cache = openNamespacedStore(store, { prefix: PREFIX, parse: parseFacts });
  const recall = async (): Promise<PathFacts> => {
    const facts = await cache.read(apiUrl);
    const isFresh = facts !== undefined && now() - facts.learnedAt < KEEP_MS;
    return isFresh ? facts : { path: 'direct', refusedBytes: {}, learnedAt: now() };
  };
  return {
    recall,
    learnPath: async (path) => {
      const facts = await recall();
      if (facts.path !== path) await cache.write(apiUrl, { ...facts, path });
    },
    learnRefusal: async (path, bytes) => {
      const facts = await recall();
      const smallest = Math.min(bytes, facts.refusedBytes[path] ?? bytes);
      await cache.write(apiUrl, { ...facts, refusedBytes: { ...facts.refusedBytes, [path]: smallest } });
    },
  };
}
