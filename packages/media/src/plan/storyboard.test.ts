import { describe, expect, it } from 'vitest';
import { mediaInfo, packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { planStoryboard, renderStoryboardVtt } from './storyboard.ts';

const plan = (durationSeconds: number, size = { width: 1280, height: 720 }, largestKeyGapSeconds = 2) =>
  planStoryboard(
    mediaInfo({
      durationSeconds,
      video: videoInfo({
        codedWidth: size.width,
        codedHeight: size.height,
        stats: packetStats({ durationSeconds, largestKeyGapSeconds }),
      }),
    }),
    DEFAULT_POLICY.storyboard,
  );

describe('planStoryboard', () => {
  it.each([
    [0.04, { tiles: 1, columns: 1, rows: 1, secondsPerTile: 2 }],
    [10, { tiles: 5, columns: 5, rows: 1, secondsPerTile: 2 }],
    [21, { tiles: 11, columns: 10, rows: 2, secondsPerTile: 2 }],
    [200, { tiles: 100, columns: 10, rows: 10, secondsPerTile: 2 }],
    [200.1, { tiles: 67, columns: 10, rows: 7, secondsPerTile: 3 }],
    [12 * 3600, { tiles: 100, columns: 10, rows: 10, secondsPerTile: 432 }],
  ])('%d s', (seconds, expected) => {
    expect(plan(seconds)).toMatchObject(expected);
  });

  it('keeps tiles in a square, upright or not, and never enlarges', () => {
    expect(plan(10).tile).toEqual({ width: 160, height: 90 });
    expect(plan(10, { width: 720, height: 1280 }).tile).toEqual({ width: 90, height: 160 });
    expect(plan(10, { width: 64, height: 48 }).tile).toEqual({ width: 64, height: 48 });
  });

  it('decodes every frame only where key frames are further apart than tiles', () => {
    expect(plan(10).fromKeyframes).toBe(true);
    expect(plan(10, undefined, 8).fromKeyframes).toBe(false);
    expect(plan(1000, undefined, 8).fromKeyframes).toBe(true);
  });
});

it('writes an index of cues that meet and end with the video', () => {
  expect(renderStoryboardVtt(plan(21.5), 'storyboard.jpg')).toMatch(
    /^WEBVTT\n\n00:00:00\.000 --> 00:00:02\.000\nstoryboard\.jpg#xywh=0,0,160,90\n\n00:00:02\.000 -->/,
  );
  const last = renderStoryboardVtt(plan(21.5), 'storyboard.jpg').split('\n\n').at(-1);
  expect(last).toBe('00:00:20.000 --> 00:00:21.500\nstoryboard.jpg#xywh=0,90,160,90\n');
  expect(renderStoryboardVtt(plan(0), 'a.jpg')).toContain('00:00:00.000 --> 00:00:00.001');
  expect(renderStoryboardVtt(plan(12 * 3600), 'a.jpg')).toContain('11:52:48.000 --> 12:00:00.000');
});
