import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { raceAbort } from './race-abort.ts';

const never = () => new Promise<never>(() => {});

it('gives what the work gives, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  expect(await raceAbort(Promise.resolve(7), signal)).toBe(7);
  await expect(raceAbort(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('ends with the reason of the signal, before the wait and in it', async () => {
  const controller = new AbortController();
  const waiting = raceAbort(never(), controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(raceAbort(never(), controller.signal)).rejects.toThrow('enough');
});
