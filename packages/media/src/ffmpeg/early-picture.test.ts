import { expect, it } from 'vitest';
import { packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import { withEarlyPicture } from './early-picture.ts';

const withTimes = (firstSeconds: number, hiddenSeconds: number) =>
  videoInfo({ stats: packetStats({ firstSeconds, hiddenSeconds }) });

it('knows by how much a picture with hidden frames comes before the start', () => {
  expect(withEarlyPicture(withTimes(-0.089, 0.1)).earlySeconds).toBeCloseTo(0.089);
  expect(withEarlyPicture(withTimes(4.9, 0.1), 5).earlySeconds).toBeCloseTo(0.1);
});

it('leaves alone what starts with the file or later, and times below zero that nothing hides', () => {
  expect(withEarlyPicture(withTimes(0, 0.1)).earlySeconds).toBe(0);
  expect(withEarlyPicture(withTimes(3, 0.1)).earlySeconds).toBe(0);
  expect(withEarlyPicture(withTimes(-0.5, 0)).earlySeconds).toBe(0);
});
