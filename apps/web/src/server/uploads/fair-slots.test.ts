import { expect, it } from 'vitest';
import { createFairSlots } from './fair-slots.ts';

const never = new AbortController().signal;

/** Work that ends when it is told to. */
function createWork() {
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      begun.push(name);
      ends.set(name, resolve);
    });
  return { work, begun, end: (name: string) => ends.get(name)?.() };
}

it('lets others pass whose owner has as many as an owner may', async () => {
  const slots = createFairSlots({ max: 3, maxPerOwner: 2 });
  const { work, begun, end } = createWork();
  const all = ['a1', 'a2', 'a3', 'b1', 'b2'].map((name) => slots.run(name.charAt(0), never, work(name)));
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  end('b1');
  await expect.poll(() => begun).toEqual(['a1', 'a2', 'b1', 'b2']);
  end('a2');
  await expect.poll(() => begun).toEqual(['a1', 'a2', 'b1', 'b2', 'a3']);
  for (const name of begun) end(name);
  await Promise.all(all);
});

it('gives a slot back when the work fails, and none to those who left', async () => {
  const slots = createFairSlots({ max: 1, maxPerOwner: 1 });
  const { work, begun, end } = createWork();
  const leaving = new AbortController();
  const first = slots.run('a', never, work('first'));
  const left = slots.run('b', leaving.signal, work('left'));
  const failing = slots.run('c', never, () => Promise.reject(new Error('broken')));
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  end('first');
  await first;
  await expect(failing).rejects.toThrow('broken');
  const last = slots.run('d', never, work('last'));
  expect(begun).toEqual(['first', 'last']);
  end('last');
  await last;
});
