import { expect, it } from 'vitest';
import { judgeTimeLeft, type ToldTime } from './judge-time-left.ts';

const told = (atSeconds: number, percent: number, etaSeconds?: number): ToldTime => ({
  atSeconds,
  percent,
  etaSeconds,
  step: 'encode',
});

it('finds the largest factor, whichever way it is wrong', () => {
  expect(judgeTimeLeft([told(40, 40, 90), told(60, 60, 20)], 100)).toMatchObject({
    worst: 2,
    worstAt: { atSeconds: 60 },
    toldFrom: 0.4,
    isSteady: true,
  });
});

it('calls a moment no difference, and silence nothing wrong', () => {
  expect(judgeTimeLeft([told(50, 50), told(99, 99, 2.9)], 100)).toMatchObject({ worst: 1, toldFrom: 0.99 });
  expect(judgeTimeLeft([told(50, 50)], 100).toldFrom).toBe(1);
});

it('takes "a few seconds" for one answer', () => {
  expect(judgeTimeLeft([told(99, 90, 4.9)], 100).worst).toBe(1);
  expect(judgeTimeLeft([told(99, 90, 5.1)], 100).worst).toBeCloseTo(5.1);
});

it('sees a percentage that falls', () => {
  expect(judgeTimeLeft([told(1, 50), told(2, 49)], 3).isSteady).toBe(false);
});
