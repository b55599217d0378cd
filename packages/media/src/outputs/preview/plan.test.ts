import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../../test/support/media-info-fixture.ts';
import type { VideoInfo, VideoMedia } from '../../plan/media-info.ts';
import { planPreview } from './plan.ts';

const planFor = (durationSeconds: number, changes: Partial<VideoInfo> = {}) => {
  const stats = packetStats({ durationSeconds, lastSeconds: durationSeconds - 0.04 });
  const video = videoInfo({ stats, ...changes });
  return planPreview({ ...mediaInfo(), video } as VideoMedia);
};

describe('the moments of a preview', () => {
  it('are all of a short video', () => {
    expect(planFor(1)).toMatchObject({ seconds: 1, moments: [{ fromSeconds: 0, seconds: 1 }] });
    expect(planFor(6).moments).toEqual([{ fromSeconds: 0, seconds: 6 }]);
  });

  it('are six seconds from the middle of a longer one', () => {
    expect(planFor(20).moments).toEqual([{ fromSeconds: 7, seconds: 6 }]);
  });

  it('are spread over a long one', () => {
    const { moments, seconds } = planFor(40);
    expect(seconds).toBe(6);
    expect(moments.map(({ fromSeconds }) => fromSeconds)).toEqual([4.25, 14.25, 24.25, 34.25]);
    expect(moments.every((moment) => moment.seconds === 1.5)).toBe(true);
  });

  it('count from the start of the file, where sound may come first', () => {
    const video = videoInfo({ stats: packetStats({ firstSeconds: 2, lastSeconds: 4.96, durationSeconds: 3 }) });
    const audio = audioInfo({ stats: packetStats({ firstSeconds: 0.5 }) });
    expect(planPreview({ ...mediaInfo(), video, audio } as VideoMedia).moments[0]?.fromSeconds).toBe(1.5);
  });

  it('never begin after the last frame', () => {
    const stats = packetStats({ packets: 2, durationSeconds: 20, lastSeconds: 0.5 });
    expect(planFor(20, { stats }).moments).toEqual([{ fromSeconds: 0.45, seconds: 6 }]);
  });
});

describe('the picture of a preview', () => {
  it.each([
    [{ codedWidth: 1920, codedHeight: 1080 }, '480x270'],
    [{ codedWidth: 720, codedHeight: 1280 }, '270x480'],
    [{ codedWidth: 320, codedHeight: 180 }, '320x180'],
    [{ codedWidth: 241, codedHeight: 135 }, '240x134'],
  ])('is at most 480 on its long side and never larger than the video (%j)', (changes, size) => {
    const { width, height } = planFor(10, changes).size;
    expect(`${width}x${height}`).toBe(size);
  });

  it.each([
    [25, 25],
    [60, 30],
    [50, 25],
    [120, 30],
    [2, 10],
  ])('of %i frames per second has %i', (rate, fps) => {
    expect(planFor(10, { averageFps: rate, realFps: rate }).fps).toBe(fps);
  });
});
