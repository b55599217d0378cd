import { expect, it } from 'vitest';
import { createSlots } from './slots.ts';

const signal = new AbortController().signal;

/** Work that ends when it is told to. */
function createWork() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let isRunning = false;
  const work = async () => {
    isRunning = true;
    await ended;
    isRunning = false;
  };
  return { work, end, isRunning: () => isRunning };
}

it('runs as much at a time as there are slots, in order of arrival', async () => {
  const slots = createSlots(2);
  const all = [createWork(), createWork(), createWork()] as const;
  const runs = all.map(({ work }) => slots.run(signal, work));
  await Promise.resolve();
  expect(all.map(({ isRunning }) => isRunning())).toEqual([true, true, false]);
  all[1].end();
  await runs[1];
  await Promise.resolve();
  expect(all.map(({ isRunning }) => isRunning())).toEqual([true, false, true]);
  for (const { end } of all) end();
  await Promise.all(runs);
});

it('frees a slot when the work fails', async () => {
  const slots = createSlots(1);
  await expect(slots.run(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await slots.run(signal, async () => 'next')).toBe('next');
});

it('removes work whose wait was aborted', async () => {
  const slots = createSlots(1);
  const first = createWork();
  const running = slots.run(signal, first.work);
  const giveUp = new AbortController();
  const waiting = slots.run(giveUp.signal, async () => 'never');
  giveUp.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  first.end();
  await running;
  expect(await slots.run(signal, async () => 'free')).toBe('free');
});

it('gives away a slot that is free now, once', async () => {
  const slots = createSlots(1);
  const leave = slots.takeFree();
  expect(slots.takeFree()).toBeUndefined();
  const waiting = slots.run(signal, async () => slots.takeFree());
  leave?.();
  expect(await waiting).toBeUndefined();
  leave?.();
  expect([slots.takeFree(), slots.takeFree()]).toEqual([expect.any(Function), undefined]);
});
