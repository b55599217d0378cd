import { describe, expect, it } from 'vitest';
import { type EstimatedStep, estimateJob, type JobEstimate } from './job-estimate.ts';

const STEPS: readonly EstimatedStep[] = [
  { weight: 7, kind: 'transfer' },
  { weight: 1, kind: 'work' },
  { weight: 40, kind: 'work' },
  { weight: 40, kind: 'work' },
  { weight: 6, kind: 'transfer' },
];

/** What is told in the course of a job whose steps take so many seconds, and how much is left in truth. */
function* follow(durations: readonly number[], says = (done: number) => done) {
  const ended = new Map<number, number>();
  const all = durations.reduce((sum, duration) => sum + duration, 0);
  let passed = 0;
  for (const [index, duration] of durations.entries()) {
    for (let part = 0; part <= 20; part++) {
      const elapsedSeconds = (duration * part) / 20;
      const reported = { done: part === 20 ? 1 : says(part / 20), atSeconds: elapsedSeconds };
      const estimate = estimateJob(STEPS, ended, { index, elapsedSeconds, reported });
      yield { ...estimate, passed: passed + elapsedSeconds, left: all - passed - elapsedSeconds };
    }
    passed += duration;
    ended.set(index, duration);
  }
}

const isTrue = ({ etaSeconds = 0, left }: JobEstimate & { left: number }): boolean =>
  Math.abs(etaSeconds - left) <= 1 || (etaSeconds <= left * 1.5 && etaSeconds >= left / 1.5);

describe('the estimate of a job', () => {
  it.each([
    ['on the reference machine', [7, 1, 40, 40, 6]],
    ['on a fast network', [0.2, 1, 40, 40, 0.3]],
    ['on a slow machine', [5, 3, 400, 320, 4]],
    ['on a slow network', [60, 1, 40, 40, 50]],
    ['of a video whose streams are half the work', [2, 1, 40, 28, 2]],
  ])('is true from the second third on, %s', (_, durations) => {
    const all = durations.reduce((sum, duration) => sum + duration, 0);
    for (const told of follow(durations)) {
      if (told.etaSeconds !== undefined) expect(isTrue(told), JSON.stringify(told)).toBe(true);
      if (told.passed > all * 0.45) expect(told.etaSeconds, JSON.stringify(told)).toBeDefined();
      expect(told.etaSeconds === undefined || told.percent >= 33, 'nothing in the first third').toBe(true);
    }
  });

  it('counts on where a step is silent at its end, and does not say that it takes ever longer', () => {
    const silent = { index: 2, reported: { done: 0.5, atSeconds: 20 } };
    const ended = new Map([
      [0, 7],
      [1, 1],
    ]);
    const at = (elapsedSeconds: number) => estimateJob(STEPS, ended, { ...silent, elapsedSeconds });
    expect(at(39).percent).toBeGreaterThan(at(36).percent);
    expect(Number(at(39).etaSeconds)).toBeLessThan(Number(at(36).etaSeconds));
    expect(Number(at(200).etaSeconds)).toBeLessThan(70);
  });

  it('does not take the first words of a step for the whole truth', () => {
    const ended = new Map([
      [0, 0.2],
      [1, 0.3],
      [2, 1.5],
    ]);
    const slowStart = { index: 3, elapsedSeconds: 2, reported: { done: 0.3, atSeconds: 2 } };
    expect(Number(estimateJob(STEPS, ended, slowStart).etaSeconds)).toBeLessThan(3);
  });

  it('says nothing by the first words of a step alone', () => {
    const at = (atSeconds: number, done: number) =>
      estimateJob(STEPS, new Map(), { index: 3, elapsedSeconds: atSeconds, reported: { done, atSeconds } }).etaSeconds;
    expect([at(5.7, 0.33), at(9, 0.4)]).toEqual([undefined, undefined]);
    expect([at(5.7, 0.6), at(12, 0.4)]).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('takes the steps that an earlier run has done for as long as they would have been', () => {
    const told = estimateJob(STEPS, new Map(), {
      index: 3,
      elapsedSeconds: 20,
      reported: { done: 0.5, atSeconds: 20 },
    });
    expect(told.percent).toBeGreaterThan(65);
    expect(told.etaSeconds).toBeCloseTo(26, 0);
  });

  it('tells nothing in the first three seconds', () => {
    const ended = new Map([
      [0, 0.2],
      [1, 0.3],
    ]);
    const at = (elapsedSeconds: number) =>
      estimateJob(STEPS, ended, { index: 2, elapsedSeconds, reported: { done: 0.8, atSeconds: elapsedSeconds } });
    expect(at(2.4)).toMatchObject({ etaSeconds: undefined, percent: expect.closeTo(43.5, 0) });
    expect(at(2.6).etaSeconds).toBeDefined();
  });

  it('tells nothing while no work was measured', () => {
    expect(estimateJob(STEPS, new Map(), { index: 0, elapsedSeconds: 500 }).etaSeconds).toBeUndefined();
  });
});
