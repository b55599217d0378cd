import { describe, expect, it } from 'vitest';
import {
  BROWSER_CHUNKS,
  CHUNK_STEPS,
  type ChunkPlan,
  demandedChunkBytes,
  growAfterSuccess,
  MIN_CHUNK_BYTES,
  SERVER_CHUNKS,
  shrinkAfterBreak,
  shrinkAfterConflict,
  shrinkAfterRefusal,
  startChunks,
  startServerChunks,
} from './chunk-plan.ts';
import { HOSTED_CHUNK_BYTES, isHosted } from './limits.ts';

const MIB = 1024 * 1024;
const ALL = Number.POSITIVE_INFINITY;
const server = (more: { refusedBytes?: number; demandedBytes?: number } = {}) =>
  startChunks({ range: SERVER_CHUNKS, ...more });
const browser = (more: { refusedBytes?: number; demandedBytes?: number } = {}) =>
  startChunks({ range: BROWSER_CHUNKS, ...more });

/** After so many whole chunks, each acknowledged at once. */
function grow(plan: ChunkPlan, chunks: number): ChunkPlan {
  let grown = plan;
  for (let chunk = 0; chunk < chunks; chunk++) grown = growAfterSuccess(grown, { bytes: grown.bytes, ms: 100 });
  return grown;
}

/** What a proxy with this limit lets pass, found as an uploader finds it. */
function findPassing(start: ChunkPlan, limit: number, left: number): number | undefined {
  let plan: ChunkPlan | undefined = start;
  while (plan !== undefined && Math.min(plan.bytes, left) > limit)
    plan = shrinkAfterRefusal(plan, Math.min(plan.bytes, left));
  return plan && Math.min(plan.bytes, left);
}

describe('what Storage demands', () => {
  it.each([
    ['ref.supabase.co', true],
    ['ref.storage.supabase.co', true],
    ['ref.supabase.in', true],
    ['supabase.co.example.com', false],
    ['notsupabase.co', false],
    ['localhost', false],
  ])('is known by the host: %s', (host, expected) => {
    expect(isHosted(host)).toBe(expected);
    expect(demandedChunkBytes(host)).toBe(expected ? HOSTED_CHUNK_BYTES : undefined);
    expect(demandedChunkBytes(host, 12 * MIB)).toBe(12 * MIB);
  });
  it.each([
    ['a server', server],
    ['a browser', browser],
  ])('is kept to by %s, and nothing smaller is tried', (_who, start) => {
    const plan = start({ demandedBytes: HOSTED_CHUNK_BYTES, refusedBytes: MIB });
    expect(grow(plan, 20).bytes).toBe(HOSTED_CHUNK_BYTES);
    expect(shrinkAfterRefusal(plan, HOSTED_CHUNK_BYTES)).toBeUndefined();
    expect(shrinkAfterBreak(plan).bytes).toBe(HOSTED_CHUNK_BYTES);
    expect(shrinkAfterConflict(plan, HOSTED_CHUNK_BYTES).bytes).toBe(HOSTED_CHUNK_BYTES);
  });
  it('is found out by a server, also on hosted Supabase: all in one, then down to 6 MiB and no further', () => {
    let plan: ChunkPlan | undefined = startServerChunks({ hostname: 'ref.storage.supabase.co' });
    const sizes: number[] = [];
    while (plan !== undefined) {
      sizes.push(plan.bytes);
      plan = shrinkAfterRefusal(plan, Math.min(plan.bytes, 500_000_000));
    }
    expect(sizes).toEqual([ALL, 95 * MIB, 47 * MIB, 24 * MIB, 12 * MIB, HOSTED_CHUNK_BYTES]);
    const later = startServerChunks({ hostname: 'ref.supabase.co', refusedBytes: 12 * MIB });
    expect(grow(later, 20).bytes).toBe(HOSTED_CHUNK_BYTES);
    const configured = startServerChunks({ hostname: 'ref.supabase.co', configuredBytes: 12 * MIB });
    expect(grow(configured, 20).bytes).toBe(12 * MIB);
    expect(startServerChunks({ hostname: 'localhost' }).leastBytes).toBe(MIN_CHUNK_BYTES);
  });
  it('is what was configured, and never more; a refusal brings it to 6 MiB at least', () => {
    const plan = server({ demandedBytes: 12 * MIB });
    expect(grow(plan, 20).bytes).toBe(12 * MIB);
    expect(shrinkAfterRefusal(plan, 12 * MIB)?.bytes).toBe(HOSTED_CHUNK_BYTES);
    expect(shrinkAfterRefusal(plan, HOSTED_CHUNK_BYTES)).toBeUndefined();
  });
});

describe('where nothing is known', () => {
  it('a server sends all that is left, a browser 6 MiB', () => {
    expect(server().bytes).toBe(ALL);
    expect(browser().bytes).toBe(6 * MIB);
  });
  it('a server falls below 100 MB at the first refusal, and step by step to 1 MB', () => {
    let plan = shrinkAfterRefusal(server(), 2_000_000_000);
    expect(plan?.bytes).toBeLessThan(100_000_000);
    const sizes: number[] = [];
    while (plan !== undefined) {
      sizes.push(plan.bytes);
      plan = shrinkAfterRefusal(plan, plan.bytes);
    }
    expect(sizes).toEqual(CHUNK_STEPS);
  });
  it.each([1_000_000, MIB, 2 * MIB, 3 * MIB, 4_500_000, 5 * MIB, 50_000_000, 100_000_000])(
    'fits a proxy that takes %i bytes',
    (limit) => {
      for (const start of [server(), browser()]) {
        const found = findPassing(start, limit, 500_000_000);
        expect(found).toBeLessThanOrEqual(limit);
        expect(found).toBeGreaterThanOrEqual(MIN_CHUNK_BYTES);
      }
    },
  );
  it('has an end below which nothing is tried', () => {
    for (const start of [server(), browser()]) expect(findPassing(start, 999_999, 500_000_000)).toBeUndefined();
  });
  it('falls from what was really sent: the last part of a file is shorter than planned', () => {
    expect(shrinkAfterRefusal(browser(), 3 * MIB)).toMatchObject({ bytes: 1.5 * MIB, refusedBytes: 3 * MIB });
  });
});

describe('what a path refused before', () => {
  it('is begun below', () => {
    expect(server({ refusedBytes: 100_000_000 }).bytes).toBe(CHUNK_STEPS[0]);
    expect(server({ refusedBytes: 20_000_000 }).bytes).toBe(CHUNK_STEPS[3]);
    expect(browser({ refusedBytes: 2 * MIB }).bytes).toBe(1.5 * MIB);
    expect(browser({ refusedBytes: 50 * MIB }).bytes).toBe(6 * MIB);
  });
  it('is never grown to', () => {
    const small = shrinkAfterRefusal(browser(), 6 * MIB);
    expect(small && grow(small, 5).bytes).toBe(3 * MIB);
    const large = shrinkAfterRefusal(server(), 60_000_000);
    expect(large && grow(large, 40).bytes).toBe(CHUNK_STEPS[1]);
  });
});

describe('growing and shrinking', () => {
  it('grows while whole chunks are acknowledged quickly, to the most that is allowed', () => {
    expect(grow(browser(), 10).bytes).toBe(BROWSER_CHUNKS.mostBytes);
    const after = shrinkAfterConflict(server(), 500_000_000);
    expect(after.bytes).toBe(CHUNK_STEPS[0]);
    expect(grow(after, 4).bytes).toBe(ALL);
  });
  it('does not grow when a chunk took its time, or was a short last one', () => {
    const plan = browser();
    expect(growAfterSuccess(plan, { bytes: plan.bytes, ms: 5000 })).toEqual(plan);
    expect(growAfterSuccess(plan, { bytes: 10, ms: 1 })).toEqual(plan);
  });
  it('comes back to the first size, and no further, when connections break', () => {
    let plan = grow(browser(), 10);
    for (let breaks = 0; breaks < 10; breaks++) plan = shrinkAfterBreak(plan);
    expect(plan.bytes).toBe(BROWSER_CHUNKS.firstBytes);
    expect(shrinkAfterBreak(server()).bytes).toBe(ALL);
  });
  it('never falls below 6 MiB by a conflict, and never grows by one', () => {
    expect(shrinkAfterConflict(server(), 100_000).bytes).toBe(6 * MIB);
    const small = browser({ refusedBytes: 2 * MIB });
    expect(shrinkAfterConflict(small, small.bytes).bytes).toBe(small.bytes);
  });
});
