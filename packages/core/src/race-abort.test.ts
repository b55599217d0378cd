import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { raceAbort } from './race-abort.ts';

const never = () => new Promise<never>(() => {});

it('returns the result of the work, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  expect(await raceAbort(Promise.resolve(7), signal)).toBe(7);
  await expect(raceAbort(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('rejects with the reason of the signal, aborted before or during the wait', async () => {
  const controller = new AbortController();
  const waiting = raceAbort(never(), controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(raceAbort(never(), controller.signal)).rejects.toThrow('enough');
});
