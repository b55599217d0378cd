import { describe, expect, it } from 'vitest';
import { createMemoryStore } from './namespaced-store.ts';
import { openPathCache } from './path-cache.ts';

const DAY_MS = 24 * 3600 * 1000;

describe('what was learned about the transport paths', () => {
  it('is straight to Storage until told otherwise', async () => {
    const paths = openPathCache(createMemoryStore(), 'https://a', () => 0);
    expect(await paths.recall()).toMatchObject({ path: 'direct', refusedBytes: {} });
  });
  it('holds for a day and one API', async () => {
    let now = 1;
    const store = createMemoryStore();
    const paths = openPathCache(store, 'https://a', () => now);
    await paths.learnPath('relay');
    await paths.learnRefusal('relay', 6_000_000);
    await paths.learnRefusal('relay', 3_000_000);
    await paths.learnRefusal('relay', 5_000_000);
    now += DAY_MS - 1;
    expect(await paths.recall()).toMatchObject({ path: 'relay', refusedBytes: { relay: 3_000_000 } });
    expect(await openPathCache(store, 'https://b', () => now).recall()).toMatchObject({ path: 'direct' });
    now += 1;
    expect(await paths.recall()).toMatchObject({ path: 'direct', refusedBytes: {} });
  });
});
