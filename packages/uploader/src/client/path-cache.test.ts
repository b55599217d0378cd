import { describe, expect, it } from 'vitest';
import { createMemoryStore } from './namespaced-store.ts';
import { openPathCache } from './path-cache.ts';

const DAY_MS = 24 * 3600 * 1000;

describe('what was learnt about the ways', () => {
  it('is straight to Storage until told otherwise', async () => {
    const ways = openPathCache(createMemoryStore(), 'https://a', () => 0);
    expect(await ways.recall()).toMatchObject({ way: 'direct', refusedBytes: {} });
  });
  it('holds for a day and one API', async () => {
    let now = 1;
    const store = createMemoryStore();
    const ways = openPathCache(store, 'https://a', () => now);
    await ways.learnPath('relay');
    await ways.learnRefusal('relay', 6_000_000);
    await ways.learnRefusal('relay', 3_000_000);
    await ways.learnRefusal('relay', 5_000_000);
    now += DAY_MS - 1;
    expect(await ways.recall()).toMatchObject({ way: 'relay', refusedBytes: { relay: 3_000_000 } });
    expect(await openPathCache(store, 'https://b', () => now).recall()).toMatchObject({ way: 'direct' });
    now += 1;
    expect(await ways.recall()).toMatchObject({ way: 'direct', refusedBytes: {} });
  });
});
