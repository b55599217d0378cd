import { describe, expect, it } from 'vitest';
import { changeRoute, decideRoute, type Route } from './route.ts';

const base = { directMaxBytes: 100_000_000, onePatch: true };

describe('the route of an upload', () => {
  it.each([
    [0, true, 'direct'],
    [99_999_999, true, 'direct'],
    [100_000_000, true, 'resumable'],
    [2_147_483_648, true, 'resumable'],
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

  it('takes up an unfinished upload, whatever the size', () => {
    expect(decideRoute({ ...base, onePatch: false, size: 1, isUnfinished: true }).route).toBe('resumable');
  });

  it('goes around a proxy that refused such a body before', () => {
    expect(decideRoute({ ...base, size: 80_000_000, refusedBytes: 50_000_000 }).route).toBe('resumable');
    expect(decideRoute({ ...base, size: 40_000_000, refusedBytes: 50_000_000 }).route).toBe('direct');
  });
});

describe('the route after a failure', () => {
  const routeAfter = (route: Route, code: Parameters<typeof changeRoute>[0]['error']['code'], forced?: Route) =>
    changeRoute({ route, error: { code }, size: 500_000_000, forced });

  it.each(['direct', 'stream'] as const)('moves from %s at once when an edge refuses the body', (route) => {
    expect(routeAfter(route, 'edge_too_large')).toMatchObject({ route: 'resumable', isImmediate: true });
  });

  it.each(['direct', 'stream'] as const)('moves from %s after a break', (route) => {
    expect(routeAfter(route, 'upload_interrupted')).toMatchObject({ route: 'resumable', isImmediate: false });
  });

  it('never moves when Storage itself finds the file too large', () => {
    expect(routeAfter('stream', 'object_too_large')).toBeUndefined();
  });

  it('stays with what was asked for, and with resumable', () => {
    expect(routeAfter('stream', 'edge_too_large', 'stream')).toBeUndefined();
    expect(routeAfter('resumable', 'upload_interrupted')).toBeUndefined();
  });

  it('stays where there is little to lose', () => {
    const error = { code: 'upload_interrupted' } as const;
    expect(changeRoute({ route: 'direct', error, size: 1_000_000 })).toBeUndefined();
  });
});
