import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createThrottle } from './throttle.ts';

describe('throttle', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends the first value immediately and then only the newest of each second', async () => {
    const sent: number[] = [];
    const throttle = createThrottle<number>({ everyMs: 1000, send: async (value) => void sent.push(value) });
    for (let value = 0; value < 30; value++) {
      throttle.offer(value);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(sent[0]).toBe(0);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(sent.at(-1)).toBeGreaterThanOrEqual(20);
    await throttle.stop();
  });

  it('never sends twice at the same time', async () => {
    let running = 0;
    let most = 0;
    const throttle = createThrottle<number>({
      everyMs: 10,
      send: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 500));
        running--;
      },
    });
    for (let value = 0; value < 20; value++) {
      throttle.offer(value);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(most).toBe(1);
  });

  it('survives a send that fails and sends nothing after it was stopped', async () => {
    const failures: unknown[] = [];
    const throttle = createThrottle<number>({
      everyMs: 1000,
      send: async () => {
        throw new Error('unreachable');
      },
      onError: (error) => failures.push(error),
    });
    throttle.offer(1);
    await vi.advanceTimersByTimeAsync(1);
    throttle.offer(2);
    await throttle.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(failures).toHaveLength(1);
  });
});
