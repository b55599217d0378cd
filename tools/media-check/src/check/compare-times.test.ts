import { describe, expect, it } from 'vitest';
import { comparePackets, compareTimes, largestGap } from './compare-times.ts';

describe('times', () => {
  it('of the same length are compared one by one', () => {
    const { shift, worst } = compareTimes([0, 1, 2, 3], [0.5, 1.5, 2.5, 4]);
    expect(shift).toBeCloseTo(0.5);
    expect(worst).toBeCloseTo(0.5);
  });

  it('may have frames repeated before or between', () => {
    expect(compareTimes([3, 4, 5], [0, 1, 2, 3, 4, 5])).toEqual({ shift: 0, worst: 0 });
    expect(compareTimes([0, 5], [0, 1, 2, 3, 4, 5])).toEqual({ shift: 0, worst: 0 });
  });

  it('may have frames left out', () => {
    expect(compareTimes([0, 0.5, 1, 1.5, 2], [0, 1, 2])).toEqual({ shift: 0, worst: 0 });
    expect(compareTimes([0, 1, 2, 3], [0, 1, 7]).worst).toBe(4);
  });

  it('are where the sound is, when even frames fit at several distances', () => {
    const even = Array.from({ length: 100 }, (_, at) => at / 30);
    // 2 s of frames that are not quite even, repeated for 3 s at 30 fps.
    const few = Array.from({ length: 40 }, (_, at) => at * 0.05 + 0.01 * Math.sin(at));
    expect(compareTimes(few, even).shift).toBe(0);
    expect(compareTimes(few, even, { near: 1.4 }).shift).toBeCloseTo(3.3 - 1.95 - 0.01 * Math.sin(39));
  });

  it('may be repeated where the picture stands still, and none else may be missing', () => {
    const gap = [0, 0.01, 0.02, 3, 3.01];
    const filled = Array.from({ length: 91 }, (_, at) => at / 30);
    expect(compareTimes(gap, filled.slice(0, 4), { mayRepeat: true }).worst).toBeGreaterThan(2);
    expect(compareTimes(gap, filled, { mayRepeat: true }).worst).toBeLessThan(0.02);
    expect(compareTimes([0, 0.01, 0.02, 0.03, 2.98, 3], [0, 1, 2, 3]).worst).toBeGreaterThan(0.9);
  });

  it('have their largest gap, up to the end', () => {
    expect(largestGap([0, 1, 4], 5)).toBe(3);
    expect(largestGap([0, 1], 5)).toBe(4);
  });
});

describe('packets', () => {
  const packets = (start: number, sizes: readonly number[]) => sizes.map((bytes, at) => ({ time: start + at, bytes }));
  const sizes = [10, 11, 12, 13, 14, 15, 16, 17];

  it('are known by their sizes', () => {
    expect(comparePackets(packets(0, sizes), packets(2, sizes))).toEqual({ shift: 2, worst: 0 });
  });

  it('are found behind others, and without the first ones', () => {
    expect(comparePackets(packets(3, sizes), packets(0, [6, 6, 6, ...sizes]))).toEqual({ shift: 0, worst: 0 });
    expect(comparePackets(packets(-1, sizes), packets(0, sizes.slice(1)))).toEqual({ shift: 0, worst: 0 });
  });

  it('of silence are not taken for those at the other end', () => {
    const silence = Array.from({ length: 12 }, () => 6);
    const loud = [...silence, ...sizes];
    const encodedAnew = [...silence, ...sizes.map((size) => size + 100), ...silence];
    expect(comparePackets(packets(0, loud), packets(0, encodedAnew))).toBeUndefined();
  });

  it('are not taken for others', () => {
    expect(
      comparePackets(
        packets(0, sizes),
        packets(
          0,
          sizes.map((size) => size + 100),
        ),
      ),
    ).toBeUndefined();
  });
});
