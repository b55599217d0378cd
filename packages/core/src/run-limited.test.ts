import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runLimited, runTogether } from './run-limited.ts';

describe('runLimited', () => {
  const never = new AbortController().signal;

  it('does everything, so many at a time', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await runLimited({
      items: [1, 2, 3, 4, 5, 6, 7],
      limit: 3,
      signal: never,
      work: async (item) => {
        running += 1;
        most = Math.max(most, running);
        await sleep(5);
        running -= 1;
        done.push(item);
      },
    });
    expect(most).toBe(3);
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('ends the others at the first failure, waits for them, and throws that failure', async () => {
    const ended: string[] = [];
    const run = runLimited({
      items: ['fails', 'is ended', 'never starts'],
      limit: 2,
      signal: never,
      work: async (item, signal) => {
        if (item === 'fails') throw new RangeError('first');
        await sleep(10_000, undefined, { signal }).catch(() => undefined);
        ended.push(item);
        throw new Error('second');
      },
    });
    await expect(run).rejects.toThrow('first');
    expect(ended).toEqual(['is ended']);
  });

  it('hands on the signal it was given', async () => {
    const stop = new AbortController();
    const work = async (_: string, signal: AbortSignal) => {
      stop.abort(new Error('stopped'));
      signal.throwIfAborted();
    };
    await expect(runLimited({ items: ['a'], limit: 4, signal: stop.signal, work })).rejects.toThrow('stopped');
  });
});

describe('runTogether', () => {
  const never = new AbortController().signal;

  it('gives the results in the order of the works, whichever ended first', async () => {
    const [slow, fast] = await runTogether(never, [
      async () => {
        await sleep(5);
        return 1;
      },
      async () => 'two',
    ]);
    expect([slow + 1, fast.length]).toEqual([2, 3]);
  });

  it('ends the others at the first failure, and throws that one when they have ended', async () => {
    let ended = false;
    const run = runTogether(never, [
      async (signal) => {
        await sleep(10_000, undefined, { signal }).catch(() => undefined);
        ended = true;
        throw new Error('second');
      },
      async () => {
        throw new RangeError('first');
      },
    ]);
    await expect(run).rejects.toThrow('first');
    expect(ended).toBe(true);
  });
});
