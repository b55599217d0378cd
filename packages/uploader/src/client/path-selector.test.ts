import { describe, expect, it, vi } from 'vitest';
import { createMemoryStore } from './namespaced-store.ts';
import { openPathCache } from './path-cache.ts';
import { selectPath } from './path-selector.ts';

const MIB = 1024 * 1024;
const openMemory = () => openPathCache(createMemoryStore(), 'https://a', Date.now);

describe('the way of a transfer', () => {
  it('that worked when the other did not is remembered once bytes were confirmed on it', async () => {
    const memory = openMemory();
    const choice = await selectPath(memory, null);
    expect(choice.takeOther()).toBe(true);
    expect(choice.way()).toBe('relay');
    expect((await memory.recall()).way).toBe('direct');
    choice.noteConfirmed({ bytes: 1, ms: 1 });
    await vi.waitFor(async () => expect((await memory.recall()).way).toBe('relay'));
    expect((await selectPath(memory, null)).way()).toBe('relay');
  });
  it('is not remembered when neither answered in between: it was the network', async () => {
    const memory = openMemory();
    const choice = await selectPath(memory, null);
    choice.takeOther();
    expect(choice.takeOther()).toBe(false);
    choice.forget();
    expect(choice.way()).toBe('direct');
    choice.noteConfirmed({ bytes: 1, ms: 1 });
    expect((await memory.recall()).way).toBe('direct');
  });
  it('has to answer anew after it was left', async () => {
    const choice = await selectPath(openMemory(), null);
    choice.noteAnswer();
    choice.takeOther();
    expect(choice.hasWorked()).toBe(false);
  });
  it('keeps what its own gateway takes, and only that is remembered which was said', async () => {
    const memory = openMemory();
    const choice = await selectPath(memory, null);
    expect(await choice.shrink({ bodyBytes: 6 * MIB, isCertain: false })).toBe(true);
    expect((await memory.recall()).refusedBytes).toEqual({});
    await choice.shrink({ bodyBytes: 3 * MIB, isCertain: true });
    expect((await memory.recall()).refusedBytes).toEqual({ direct: 3 * MIB });
    choice.takeOther();
    expect(choice.chunkBytes()).toBe(6 * MIB);
  });
  it('cannot shrink where Storage demands a size', async () => {
    const choice = await selectPath(openMemory(), 6 * MIB);
    expect(choice.canShrink()).toBe(false);
    expect(await choice.shrink({ bodyBytes: 6 * MIB, isCertain: true })).toBe(false);
  });
});
