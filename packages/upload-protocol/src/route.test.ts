import { describe, expect, it } from 'vitest';
import { MAX_VIDEO_BYTES } from './limits.ts';
import { decideRoute, explainSwitch } from './route.ts';

const base = { directMaxBytes: 100_000_000 };

describe('the route of an upload', () => {
  it.each([
    [0, 'direct'],
    [99_999_999, 'direct'],
    [100_000_000, 'resumable'],
    [MAX_VIDEO_BYTES, 'resumable'],
  ] as const)('of %i bytes is %s', (size, route) => {
    const decision = decideRoute({ ...base, size });
    expect(decision.route).toBe(route);
    expect(decision.reason).toContain('100 MB');
  });

  it('is the one that was asked for', () => {
    for (const forced of ['direct', 'stream', 'resumable'] as const)
      expect(decideRoute({ ...base, size: 5e8, forced, isUnfinished: true }).route).toBe(forced);
  });

  it('resumes an unfinished upload, whatever the size', () => {
    expect(decideRoute({ ...base, size: 1, isUnfinished: true }).route).toBe('resumable');
  });

  it('becomes resumable after a break, and a single request where nothing else is offered', () => {
    expect(explainSwitch('direct', 'upload_interrupted', 5e7).route).toBe('resumable');
    expect(explainSwitch('stream', 'edge_too_large', 5e8)).toMatchObject({
      route: 'resumable',
      reason: expect.stringContaining('500 MB'),
    });
    expect(explainSwitch('resumable', 'storage_refused', 5e8).route).toBe('stream');
  });

  it('goes around a proxy that refused such a body before', () => {
    expect(decideRoute({ ...base, size: 80_000_000, refusedBytes: 50_000_000 }).route).toBe('resumable');
    expect(decideRoute({ ...base, size: 40_000_000, refusedBytes: 50_000_000 }).route).toBe('direct');
  });
});
