import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatSpeed, formatTimeLeft } from './format.ts';

describe('format', () => {
  it.each([
    [0, '0 B'],
    [Number.NaN, '0 B'],
    [999, '999 B'],
    [1_449_927, '1.45 MB'],
    [42_100_000, '42.1 MB'],
    [300_000_000, '300 MB'],
    [2_147_483_648, '2.15 GB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [2, 'a few seconds left'],
    [11, '15 s left'],
    [61, '2 min left'],
    [3600, '1 h left'],
    [4790, '1 h 20 min left'],
  ])('rounds %d seconds up to "%s"', (seconds, text) => {
    expect(formatTimeLeft(seconds)).toBe(text);
  });

  it.each([
    [6.6, '0:07'],
    [754, '12:34'],
    [3723, '1:02:03'],
  ])('writes a video of %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('writes speeds', () => {
    expect(formatSpeed(4_200_000)).toBe('4.20 MB/s');
  });
});
