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
