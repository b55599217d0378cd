import { expect, it } from 'vitest';
import { packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import { isMistakenForStream, nameBareStream, withMeasuredRate } from './bare-stream.ts';

it('takes for a bare stream only what begins like it', () => {
  expect(isMistakenForStream('h264', { stream: 'h264' })).toBe(false);
  expect(isMistakenForStream('h264', { stream: 'hevc' })).toBe(true);
  expect(isMistakenForStream('h264', { stream: undefined })).toBe(true);
  expect(isMistakenForStream('matroska,webm', { stream: undefined })).toBe(false);
});

it('names what has no times', () => {
  expect(nameBareStream('dv', { name: 'a DV recording' })).toBe('a DV recording');
  expect(nameBareStream('ivf', { name: 'an IVF file' })).toBeUndefined();
});

it('measures the rate, to a thousandth, where ffprobe guesses it', () => {
  const measured = (packets: number, durationSeconds: number) =>
    withMeasuredRate(videoInfo({ averageFps: 60_000, realFps: 25, stats: packetStats({ packets, durationSeconds }) }));
  expect(measured(300, 10.01)).toMatchObject({ averageFps: 29.97, realFps: 29.97 });
  expect(measured(1, 0)).toMatchObject({ averageFps: undefined, realFps: undefined });
});
