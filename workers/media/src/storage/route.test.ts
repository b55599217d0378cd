import { describe, expect, it } from 'vitest';
import { decideRoute } from './route.ts';

describe('the route of an upload', () => {
  const directMaxBytes = 100_000_000;

  it.each([
    [0, 'direct'],
    [99_999_999, 'direct'],
    [100_000_000, 'stream'],
    [2_147_483_648, 'stream'],
  ] as const)('of %i bytes is %s', (size, route) => {
    const decision = decideRoute({ size, directMaxBytes });
    expect(decision.route).toBe(route);
    expect(decision.reason).toContain('100 MB');
  });

  it('is the one that was asked for', () => {
    expect(decideRoute({ size: 1, directMaxBytes, forced: 'stream' }).route).toBe('stream');
    expect(decideRoute({ size: 2e9, directMaxBytes, forced: 'direct' }).route).toBe('direct');
  });
});
