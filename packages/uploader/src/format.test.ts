import { describe, expect, it } from 'vitest';
import { formatDuration, formatSpeed, formatTimeLeft } from './format.ts';

describe('format', () => {
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
