import { describe, expect, it } from 'vitest';
import {
  CHUNK_MIN_BYTES,
  CHUNK_STEPS,
  growAfterSuccess,
  isHosted,
  shrinkAfterConflict,
  shrinkAfterRefusal,
  startChunks,
} from './chunk-size.ts';

const ALL = Number.POSITIVE_INFINITY;
const self = { host: 'storage.example.com' };

describe('the size of a chunk', () => {
  it.each([
    ['ref.supabase.co', true],
    ['ref.storage.supabase.co', true],
    ['ref.supabase.in', true],
    ['supabase.co.example.com', false],
    ['notsupabase.co', false],
    ['localhost', false],
  ])('knows hosted Supabase: %s', (host, expected) => expect(isHosted(host)).toBe(expected));

  it('is 6 MB on hosted Supabase and stays there', () => {
    let state = startChunks({ host: 'ref.supabase.co' });
    for (let chunk = 0; chunk < 20; chunk++) state = growAfterSuccess(state);
    expect(state.bytes).toBe(CHUNK_MIN_BYTES);
  });

  it('is all that is left elsewhere', () => expect(startChunks(self).bytes).toBe(ALL));

  it('is what was configured, and never more', () => {
    let state = startChunks({ host: 'ref.supabase.co', configuredBytes: CHUNK_MIN_BYTES * 2 });
    expect(state.bytes).toBe(CHUNK_MIN_BYTES * 2);
    for (let chunk = 0; chunk < 20; chunk++) state = growAfterSuccess(state);
    expect(state.bytes).toBe(CHUNK_MIN_BYTES * 2);
  });

  it('falls below a limit of 100 MB at the first refusal, and to 6 MB at the last', () => {
    let state = shrinkAfterRefusal(startChunks(self), 2_000_000_000);
    expect(state?.bytes).toBeLessThan(100_000_000);
    const sizes: number[] = [];
    while (state !== undefined) {
      sizes.push(state.bytes);
      state = shrinkAfterRefusal(state, state.bytes);
    }
    expect(sizes).toEqual(CHUNK_STEPS);
  });

  it('is remembered for the host', () => {
    expect(startChunks({ ...self, refusedBytes: 100_000_000 }).bytes).toBe(CHUNK_STEPS[0]);
    expect(startChunks({ ...self, refusedBytes: 20_000_000 }).bytes).toBe(CHUNK_STEPS[3]);
  });

  it('grows again after a conflict, up to all that is left', () => {
    let state = shrinkAfterConflict(startChunks(self), 500_000_000);
    expect(state.bytes).toBe(CHUNK_STEPS[0]);
    for (let chunk = 0; chunk < 4; chunk++) state = growAfterSuccess(state);
    expect(state.bytes).toBe(ALL);
  });

  it('does not grow into what was refused', () => {
    let state = shrinkAfterRefusal(startChunks(self), 60_000_000);
    for (let chunk = 0; chunk < 40; chunk++) state = growAfterSuccess(state ?? startChunks(self));
    expect(state?.bytes).toBe(CHUNK_STEPS[1]);
  });

  it('has nothing smaller to try than 6 MB', () => {
    expect(shrinkAfterRefusal(startChunks({ host: 'ref.supabase.co' }), CHUNK_MIN_BYTES)).toBeUndefined();
  });
});
