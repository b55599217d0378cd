import { describe, expect, it } from 'vitest';
import { etaOf, measureSpeed, speedOf, startSpeed } from './speed-estimator.ts';

/** Bytes arrive at `rate` per second, told every 250 ms. */
function run(rate: number, seconds: number, from = startSpeed(0, 0)) {
  let estimate = from;
  for (let ms = 250; ms <= seconds * 1000; ms += 250)
    estimate = measureSpeed(estimate, from.atBytes + (rate * ms) / 1000, from.atMs + ms);
  return estimate;
}

describe('the speed', () => {
  it('is unknown at first and right from the first measure on', () => {
    expect(speedOf(startSpeed(0, 0))).toBeUndefined();
    expect(speedOf(run(1000, 0.5))).toBeCloseTo(1000, 6);
  });
  it('follows a change within a few seconds, not at once', () => {
    const slower = run(100, 1, run(1000, 60));
    expect(speedOf(slower)).toBeGreaterThan(500);
    expect(speedOf(run(100, 15, run(1000, 60)))).toBeLessThan(110);
  });
  it('falls to nothing while nothing moves', () => expect(speedOf(run(0, 30, run(1000, 10)))).toBeLessThan(1));
  it('takes no burst into a buffer for speed', () => {
    expect(speedOf(measureSpeed(startSpeed(0, 0), 5_000_000, 3))).toBeUndefined();
  });
  it('is not negative after bytes were lost', () => {
    const lost = measureSpeed(run(1000, 5), 2000, 5500);
    expect(speedOf(lost)).toBeCloseTo(1000, 6);
  });
  it('does not count what an earlier visit brought', () => {
    expect(speedOf(run(1000, 5, startSpeed(9_000_000, 0)))).toBeCloseTo(1000, 6);
  });
});

describe('the time left', () => {
  it('is what is left at this speed', () => expect(etaOf(run(1000, 5), 60_000)).toBeCloseTo(60, 6));
  it('is nothing at the end', () => expect(etaOf(startSpeed(0, 0), 0)).toBe(0));
  it('is unknown without speed, and beyond a week', () => {
    expect(etaOf(startSpeed(0, 0), 5)).toBeUndefined();
    expect(etaOf(run(10, 5), 1e9)).toBeUndefined();
  });
});
