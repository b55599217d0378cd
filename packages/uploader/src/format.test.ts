import { describe, expect, it } from 'vitest';
import { downloadNameOf, formatDuration, formatLimit, formatSpeed, formatTimeLeft } from './format.ts';

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

  it.each([
    [2 ** 31, '2 GB'],
    [50 * 1024 ** 2, '50 MB'],
    [1_500_000_000, '1.50 GB'],
  ])('writes a limit of %d bytes as %s', (bytes, text) => {
    expect(formatLimit(bytes)).toBe(text);
  });

  it.each([
    ['trip.mov', null, 'trip.mp4'],
    ['trip.mov', 'At the lake', 'At the lake.mp4'],
    ['trip.MP4', null, 'trip.MP4'],
    [null, null, 'source.mp4'],
  ])('saves %s, called %s, as %s', (fileName, title, saved) => {
    expect(downloadNameOf({ fileName, title, sourcePath: 'user/source.avi' })).toBe(saved);
  });

  it('writes speeds', () => {
    expect(formatSpeed(4_200_000)).toBe('4.20 MB/s');
  });
});
