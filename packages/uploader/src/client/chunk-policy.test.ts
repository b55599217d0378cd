import { describe, expect, it } from 'vitest';
import {
  type ChunkPlan,
  FIRST_CHUNK_BYTES,
  MAX_CHUNK_BYTES,
  MIN_CHUNK_BYTES,
  planAfterBreak,
  planAfterRefusal,
  planAfterSuccess,
  startChunkPlan,
} from './chunk-policy.ts';

const MIB = 1024 * 1024;

/** What a gateway with this limit lets pass, found as the client finds it. */
function findPassing(limit: number): number | undefined {
  let plan: ChunkPlan | undefined = startChunkPlan({ fixedBytes: null });
  while (plan !== undefined && plan.bytes > limit) plan = planAfterRefusal(plan, plan.bytes);
  return plan?.bytes;
}

describe('the size of a PATCH', () => {
  it.each([1_000_000, MIB, 2 * MIB, 3 * MIB, 4_500_000, 5 * MIB])('fits a gateway that takes %i bytes', (limit) => {
    const found = findPassing(limit);
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThanOrEqual(MIN_CHUNK_BYTES);
  });
  it('has an end below which nothing is tried', () => expect(findPassing(999_999)).toBeUndefined());
  it('halves what was really sent: the last part of a file is shorter than planned', () => {
    const plan = startChunkPlan({ fixedBytes: null });
    expect(planAfterRefusal(plan, 3 * MIB)).toMatchObject({ bytes: 1.5 * MIB, refusedBytes: 3 * MIB });
  });
  it('grows while parts are confirmed quickly', () => {
    let plan = startChunkPlan({ fixedBytes: null });
    for (let i = 0; i < 10; i++) plan = planAfterSuccess(plan, { bytes: plan.bytes, ms: 100 });
    expect(plan.bytes).toBe(MAX_CHUNK_BYTES);
  });
  it('does not grow when a part took its time, or was a short last one', () => {
    const plan = startChunkPlan({ fixedBytes: null });
    expect(planAfterSuccess(plan, { bytes: plan.bytes, ms: 5000 })).toEqual(plan);
    expect(planAfterSuccess(plan, { bytes: 10, ms: 1 })).toEqual(plan);
  });
  it('never grows to what was refused', () => {
    let plan: ChunkPlan | undefined = planAfterRefusal(startChunkPlan({ fixedBytes: null }), FIRST_CHUNK_BYTES);
    for (let i = 0; i < 5 && plan; i++) plan = planAfterSuccess(plan, { bytes: plan.bytes, ms: 1 });
    expect(plan?.bytes).toBe(3 * MIB);
  });
  it('begins below what was refused on another day', () => {
    expect(startChunkPlan({ fixedBytes: null, refusedBytes: 2 * MIB }).bytes).toBe(MIB);
    expect(startChunkPlan({ fixedBytes: null, refusedBytes: 50 * MIB }).bytes).toBe(FIRST_CHUNK_BYTES);
  });
  it('stays what Storage demands', () => {
    const plan = startChunkPlan({ fixedBytes: 6 * MIB, refusedBytes: MIB });
    expect(planAfterSuccess(plan, { bytes: 6 * MIB, ms: 1 }).bytes).toBe(6 * MIB);
    expect(planAfterRefusal(plan, 6 * MIB)).toBeUndefined();
    expect(planAfterBreak(plan).bytes).toBe(6 * MIB);
  });
  it('comes back to the first size, and no further, when connections break', () => {
    let plan: ChunkPlan = { bytes: 64 * MIB, isFixed: false, refusedBytes: undefined };
    for (let i = 0; i < 10; i++) plan = planAfterBreak(plan);
    expect(plan.bytes).toBe(FIRST_CHUNK_BYTES);
  });
});
