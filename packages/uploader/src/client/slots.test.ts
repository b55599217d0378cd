import { describe, expect, it } from 'vitest';
import { createSlots } from './slots.ts';

const never = new AbortController().signal;

describe('slots', () => {
  it('are taken in order and never twice', async () => {
    const slots = createSlots(1);
    const order: number[] = [];
    const first = await slots.take(never);
    const others = [1, 2].map(async (number) => {
      const giveBack = await slots.take(never);
      order.push(number);
      giveBack();
      giveBack();
    });
    first();
    await Promise.all(others);
    expect(order).toEqual([1, 2]);
    await slots.take(never);
  });
  it('are not waited for by those who left', async () => {
    const slots = createSlots(1);
    const giveBack = await slots.take(never);
    const leaving = new AbortController();
    const left = slots.take(leaving.signal);
    const staying = slots.take(never);
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    giveBack();
    await staying;
  });
});
