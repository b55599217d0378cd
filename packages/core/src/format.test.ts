import { describe, expect, it } from 'vitest';
import { formatBytes, formatRate, formatSeconds } from './format.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [Number.NaN, '0 B'],
    [999, '999 B'],
    [1_449_927, '1.45 MB'],
    [2_000_000_000, '2.00 GB'],
    [42_100_000, '42.1 MB'],
    [165_000_000, '165 MB'],
    [2_147_483_648, '2.15 GB'],
  ])('writes %i bytes as %s', (bytes, expected) => expect(formatBytes(bytes)).toBe(expected));

  it.each([
    [0.21, '0.2 s'],
    [42.4, '42 s'],
    [185, '3 min 05 s'],
    [7620, '2 h 07 min'],
    [Number.NaN, '-'],
  ])('writes %d seconds as %s', (seconds, expected) => expect(formatSeconds(seconds)).toBe(expected));

  it('has no rate before any time has passed', () => expect(formatRate(10, 0)).toBe('-'));
});
