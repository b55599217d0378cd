import { describe, expect, it } from 'vitest';
import { backoffDelay, parseRetryAfter, RETRY_AFTER_MAX_MS, waitsWithin } from './backoff.ts';

describe('the wait between attempts', () => {
  it('doubles from one second', () => {
    const waits = [1, 2, 3].map((attempt) => backoffDelay({ attempt, random: 0 }));
    expect(waits).toEqual([1000, 2000, 4000]);
  });

  it('adds at most a quarter of jitter', () => {
    expect(backoffDelay({ attempt: 1, random: 1 })).toBe(1250);
  });

  it('stops growing at thirty seconds', () => {
    expect(backoffDelay({ attempt: 50, random: 0 })).toBe(30_000);
  });

  it('is never shorter than the server asked for, within reason', () => {
    expect(backoffDelay({ attempt: 1, random: 0, retryAfterMs: 7000 })).toBe(7000);
    expect(backoffDelay({ attempt: 1, random: 0, retryAfterMs: 86_400_000 })).toBe(RETRY_AFTER_MAX_MS);
  });
});

describe('the number of waits', () => {
  it.each([
    [0, 0],
    [1, 1],
    [1000, 1],
    [7000, 3],
    [7001, 4],
    [300_000, 14],
  ])('that take %d ms is %d', (ms, waits) => expect(waitsWithin(ms)).toBe(waits));

  it('counts by the longest wait there is', () => {
    expect(waitsWithin(300_000, { maxMs: 15_000 })).toBe(23);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');
  it.each([
    ['7', 7000],
    ['Sat, 21 Nov 2026 00:00:09 GMT', 9000],
    ['Fri, 20 Nov 2026 00:00:00 GMT', 0],
    [' 7 ', 7000],
    ['86400', RETRY_AFTER_MAX_MS],
    ['Sun, 22 Nov 2026 00:00:00 GMT', RETRY_AFTER_MAX_MS],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('reads %s', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected));
});
