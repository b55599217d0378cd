import { describe, expect, it } from 'vitest';
import { MAX_VIDEO_BYTES } from './limits.ts';
import { decideRoute } from './route.ts';

const base = { directMaxBytes: 100_000_000, onePatch: true };

describe('the route of an upload', () => {
  it.each([
    [0, true, 'direct'],
    [99_999_999, true, 'direct'],
    [100_000_000, true, 'resumable'],
    [MAX_VIDEO_BYTES, true, 'resumable'],
    [99_999_999, false, 'direct'],
    [100_000_000, false, 'stream'],
  ] as const)('of %i bytes, one request for all %s, is %s', (size, onePatch, route) => {
    const decision = decideRoute({ ...base, onePatch, size });
    expect(decision.route).toBe(route);
    expect(decision.reason).toContain('100 MB');
  });

  it('is the one that was asked for', () => {
    for (const forced of ['direct', 'stream', 'resumable'] as const)
      expect(decideRoute({ ...base, size: 5e8, forced, isUnfinished: true }).route).toBe(forced);
  });

  it('resumes an unfinished upload, whatever the size', () => {
    expect(decideRoute({ ...base, onePatch: false, size: 1, isUnfinished: true }).route).toBe('resumable');
  });

  it('goes around a proxy that refused such a body before', () => {
    expect(decideRoute({ ...base, size: 80_000_000, refusedBytes: 50_000_000 }).route).toBe('resumable');
    expect(decideRoute({ ...base, size: 40_000_000, refusedBytes: 50_000_000 }).route).toBe('direct');
  });
});
