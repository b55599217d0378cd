/** What was learnt about the ways to Storage, for a day: a gateway that refused yesterday morning may be gone. */
import { type KeyValueStore, openNamespacedStore } from './namespaced-store.ts';

/** Straight to Storage, or through the API. */
export type TransportPath = 'direct' | 'relay';

interface WayFacts {
  /** The way that worked when the other did not. */
  readonly way: TransportPath;
  /** Per way: the smallest body that a gateway refused, in bytes. */
  readonly refusedBytes: Partial<Record<TransportPath, number>>;
  /** Milliseconds since the epoch. */
  readonly learntAt: number;
}

const PREFIX = 'supabase-media:way:';

/** Milliseconds. */
const KEEP_MS = 24 * 3600 * 1000;

function parseFacts(value: unknown): WayFacts | undefined {
  const facts = value as WayFacts | null;
  const isKnown = facts?.way === 'direct' || facts?.way === 'relay';
  return isKnown && typeof facts.learntAt === 'number' && typeof facts.refusedBytes === 'object' ? facts : undefined;
}

/** The memory for one API. */
export interface PathCache {
  readonly recall: () => Promise<{
    readonly way: TransportPath;
    readonly refusedBytes: Partial<Record<TransportPath, number>>;
  }>;
  readonly learnPath: (way: TransportPath) => Promise<void>;
  readonly learnRefusal: (way: TransportPath, bytes: number) => Promise<void>;
}

export function openPathCache(store: KeyValueStore, apiUrl: string, now: () => number): PathCache {
  const cache = openNamespacedStore(store, { prefix: PREFIX, parse: parseFacts });
  const recall = async (): Promise<WayFacts> => {
    const facts = await cache.read(apiUrl);
    const isFresh = facts !== undefined && now() - facts.learntAt < KEEP_MS;
    return isFresh ? facts : { way: 'direct', refusedBytes: {}, learntAt: now() };
  };
  return {
    recall,
    learnPath: async (way) => {
      const facts = await recall();
      if (facts.way !== way) await cache.write(apiUrl, { ...facts, way });
    },
    learnRefusal: async (way, bytes) => {
      const facts = await recall();
      const smallest = Math.min(bytes, facts.refusedBytes[way] ?? bytes);
      await cache.write(apiUrl, { ...facts, refusedBytes: { ...facts.refusedBytes, [way]: smallest } });
    },
  };
}
