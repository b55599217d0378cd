import { describe, expect, it } from 'vitest';
import { BACKOFF_MAX_MS, backoffDelay, parseRetryAfter, RETRY_AFTER_MAX_MS } from './backoff.ts';

describe('the wait between tries', () => {
  it('doubles from one second and stops growing', () => {
    const waits = [1, 2, 3, 4, 5, 6, 50].map((failures) => backoffDelay({ failures, random: 0 }));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, BACKOFF_MAX_MS, BACKOFF_MAX_MS]);
  });
  it('adds at most a quarter', () => expect(backoffDelay({ failures: 1, random: 1 })).toBe(1250));
  it('is as long as the server asks, within reason', () => {
    expect(backoffDelay({ failures: 1, random: 0, retryAfterMs: 9000 })).toBe(9000);
    expect(backoffDelay({ failures: 1, random: 0, retryAfterMs: 1e9 })).toBe(RETRY_AFTER_MAX_MS);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');
  it.each([
    ['7', 7000],
    ['Sat, 21 Nov 2026 00:00:09 GMT', 9000],
    ['Fri, 20 Nov 2026 00:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('reads %s', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected));
});
