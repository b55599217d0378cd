import { describe, expect, it } from 'vitest';
import { mediaInfo, packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import type { MediaInfo } from '../plan/media-info.ts';
import { type ConvertPlan, encodeInstead, planProcessing } from '../plan/plan.ts';
import { DEFAULT_POLICY } from '../plan/policy.ts';
import { compareTimes, encodedTick, isRising, keyFramesOfPart } from './part-times.ts';
import { planCuts } from './plan-parts.ts';
import { predictEncodeSeconds } from './predict-encode.ts';
import { decideSplit } from './split.ts';
import { whyWhole } from './why-whole.ts';

function toEncode(info: MediaInfo, policy = DEFAULT_POLICY): ConvertPlan {
  const plan = planProcessing(info, policy);
  if (plan.action === 'reject') throw new Error(plan.rejection.reason);
  return plan.video === 'encode' ? plan : encodeInstead(plan, 'a test');
}

const long = packetStats({ packets: 36_000, durationSeconds: 1200, lastSeconds: 1199.97 });
const fullHd = { codedWidth: 1920, codedHeight: 1080, averageFps: 30, realFps: 30, stats: long };

describe('where a video is cut', () => {
  it.each([
    [1200, 2, 14],
    [1200, 3, 12],
    [1200, 8, 16],
    [1200, 100, 13],
    [600, 7, 7],
    [121, 2, 2],
  ])('%j s among %j workers: %j parts of one to two minutes', (seconds, workers, parts) => {
    const cuts = planCuts(seconds, workers);
    expect(cuts).toHaveLength(parts - 1);
    const lengths = [...cuts, seconds].map((cut, at) => cut - (cuts[at - 1] ?? 0));
    for (const length of lengths) {
      expect(length).toBeGreaterThanOrEqual(60);
      expect(length).toBeLessThanOrEqual(120);
    }
  });

  it('nowhere, where two parts would be too short', () => {
    expect(planCuts(119, 2)).toEqual([]);
  });
});

describe('why a video is encoded in one piece', () => {
  const plain = mediaInfo({ video: videoInfo(fullHd) });
  it('not, where nothing stands in the way', () => {
    expect(whyWhole(toEncode(plain))).toBeUndefined();
  });

  it.each([
    [/interlaced/, mediaInfo({ video: videoInfo({ ...fullHd, interlaced: true }) })],
    [/high dynamic range/, mediaInfo({ video: videoInfo({ ...fullHd, codec: 'hevc', hdr: 'pq' }) })],
    [/turned/, mediaInfo({ video: videoInfo({ ...fullHd, rotation: 90 }) })],
    [/mpeg4/, mediaInfo({ video: videoInfo({ ...fullHd, codec: 'mpeg4' }) })],
    [/container is mpegts/, mediaInfo({ format: 'mpegts', mp4: undefined, video: videoInfo(fullHd) })],
    [/hidden/, mediaInfo({ video: videoInfo({ ...fullHd, stats: { ...long, hiddenSeconds: 3 } }) })],
    [/hidden/, mediaInfo({ video: videoInfo({ ...fullHd, earlySeconds: 0.4 }) })],
    [/clock/, mediaInfo({ video: videoInfo({ ...fullHd, stats: { ...long, clockJumps: 1 } }) })],
    [/key frame/, mediaInfo({ video: videoInfo({ ...fullHd, stats: { ...long, firstPacketIsKey: false } }) })],
    [/rate is brought to 60/, mediaInfo({ video: videoInfo({ ...fullHd, averageFps: 120, realFps: 120 }) })],
    [
      /changes its shape/,
      mediaInfo({
        video: videoInfo({
          ...fullHd,
          shapes: [
            { width: 1920, height: 1080, seconds: 600 },
            { width: 640, height: 360, seconds: 600 },
          ],
        }),
      }),
    ],
  ])('%s', (why, info) => {
    expect(whyWhole(toEncode(info))).toMatch(why);
  });

  it('its loudness is changed, or no other worker is idle, or it is short', () => {
    const louder = toEncode(mediaInfo({ video: videoInfo(fullHd) }), { ...DEFAULT_POLICY, loudnessLufs: -14 });
    expect(whyWhole(louder)).toMatch(/loudness/);
    const limits = { leastSeconds: 60, mostSeconds: 120 };
    expect(decideSplit(toEncode(plain), { idleWorkers: 0, limits })).toEqual({ whole: 'no other worker is idle' });
    expect(decideSplit(toEncode(mediaInfo()), { idleWorkers: 1, limits })).toMatchObject({
      whole: expect.stringMatching(/too short/),
    });
    expect(decideSplit(toEncode(plain), { idleWorkers: 1, limits })).toMatchObject({ cuts: expect.any(Array) });
  });
});

it('expects twenty minutes of 1080p30 to take two cores ten, and of 360p less', () => {
  const plan = toEncode(mediaInfo({ video: videoInfo(fullHd) }));
  expect(predictEncodeSeconds(plan, 2) / 60).toBeCloseTo(12, 0);
  expect(predictEncodeSeconds(plan, 1)).toBeCloseTo(2 * predictEncodeSeconds(plan, 2));
  const small = toEncode(mediaInfo({ video: videoInfo({ ...fullHd, codedWidth: 640, codedHeight: 360 }) }));
  expect(predictEncodeSeconds(small, 2)).toBeLessThan(120);
});

it('compares times to the tick', () => {
  expect(encodedTick(1001, 30_000)).toBe(3003);
  expect(isRising([1, 2, 2])).toBe(false);
  expect(compareTimes([0, 3600], [0, 3601])).toBeUndefined();
  expect(compareTimes([0, 3600], [0, 3602])).toMatch(/frame 2 is shown at 3602/);
  expect(compareTimes([0, 3600], [0])).toMatch(/1 of 2 frames/);
});

it('has key frames where one encode of the whole has them', () => {
  expect(keyFramesOfPart(0, 2)).toBe('expr:gte(t+0.000002,(n_forced+0)*2)');
  expect(keyFramesOfPart(6, 2)).toBe('expr:gte(t+6.000002,(n_forced+3)*2)');
  expect(keyFramesOfPart(8.008, 2)).toBe('expr:gte(t+8.008002,(n_forced+5)*2)');
});
