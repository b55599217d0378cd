import { describe, expect, it } from 'vitest';
import { audioInfo, packetStats, videoInfo } from '../../../test/support/media-info-fixture.ts';
import type { PacketStats } from '../../plan/media-info.ts';
import { planTiming } from './timing.ts';

const plan = (picture: Partial<PacketStats>, sound: Partial<PacketStats> = {}, realFps: number | undefined = 25) =>
  planTiming(videoInfo({ realFps, stats: packetStats(picture) }), audioInfo({ stats: packetStats(sound) }));

describe('planTiming', () => {
  it('leaves alone what begins and ends together and has no holes', () => {
    expect(plan({}, { firstSeconds: 0.03, durationSeconds: 9.8 })).toEqual({
      pictureStart: 0,
      pictureLast: 9.96,
      pictureEnd: 10,
      end: 10,
      whyFilled: undefined,
      fillFps: 25,
      whyAudioEncoded: undefined,
      audioStart: 0.03,
    });
  });

  it.each<[string, Partial<PacketStats>, Partial<PacketStats>, RegExp]>([
    ['a screen that stands still', { largestGapSeconds: 5 }, {}, /5\.0 s without a frame/],
    ['a picture that begins much later than the sound', { firstSeconds: 3 }, {}, /3\.0 s without/],
    ['a slideshow that begins later', { firstSeconds: 1.2, largestGapSeconds: 1 }, {}, /2\.2 s without/],
    ['a picture that ends long before the sound', { durationSeconds: 6 }, {}, /4\.0 s without/],
  ])('fills %s', (_, picture, sound, why) => {
    expect(plan(picture, sound).whyFilled).toMatch(why);
  });

  it('holds the first frame of a picture that begins a little later', () => {
    expect(plan({ firstSeconds: 0.119 })).toMatchObject({ pictureStart: 0.119, whyFilled: undefined });
  });

  it.each<[string, Partial<PacketStats>, RegExp]>([
    ['begins later', { firstSeconds: 3 }, /begins 3\.00 s after/],
    ['ends early', { durationSeconds: 5 }, /ends 5\.0 s before/],
    ['has a hole', { largestGapSeconds: 1 }, /0\.96 s of it are missing/],
  ])('fills sound that %s', (_, sound, why) => {
    expect(plan({}, sound).whyAudioEncoded).toMatch(why);
  });

  it('fills sound whose packets are too long to begin with the picture', () => {
    const packets = (sampleRate: number, profile: string, hiddenSeconds: number) =>
      planTiming(videoInfo(), audioInfo({ sampleRate, profile, stats: packetStats({ hiddenSeconds }) }))
        .whyAudioEncoded;
    expect(packets(44_100, 'HE-AAC', 0.05)).toBe('its packets are 0.046 s long');
    expect(packets(16_000, 'LC', 0.06)).toBe('its packets are 0.064 s long');
    expect([packets(44_100, 'LC', 0.02), packets(44_100, 'HE-AAC', 0)]).toEqual([undefined, undefined]);
  });

  it('makes a stream with sound as long, and gives it as many frames, as players need to begin', () => {
    const short = { packets: 1, lastSeconds: 0, durationSeconds: 0.04 };
    expect(plan(short, { durationSeconds: 0.04 })).toMatchObject({
      end: 0.25,
      whyFilled: 'beside sound, 1 frames are fewer than a player needs',
      whyAudioEncoded: 'it ends after 0.04 s, sooner than a player needs',
    });
    expect(plan({ packets: 15, durationSeconds: 0.6 }, { durationSeconds: 0.2 })).toMatchObject({
      end: 0.6,
      whyFilled: undefined,
      whyAudioEncoded: expect.stringMatching(/sooner/),
    });
    const silent = planTiming(videoInfo({ stats: packetStats(short) }), undefined);
    expect(silent).toMatchObject({ end: 0.04, whyFilled: undefined });
  });

  it.each([
    [30, 30],
    [60, 60],
    [10, 30],
    [1, 24],
    [90, 45],
    [120, 60],
    [1000, 30],
    [0.08, 30],
    [undefined, 30],
  ])('fills at a rate that keeps the times of frames: of %s, at %s', (realFps, fillFps) => {
    expect(planTiming(videoInfo({ realFps }), undefined).fillFps).toBe(fillFps);
  });

  it('tells an unknown rate by the frames that come outside of the longest gap', () => {
    expect(plan({ packets: 290, largestGapSeconds: 6.5 }, {}, 1000).fillFps).toBe(60);
    expect(plan({ packets: 90, largestGapSeconds: 6.5 }, {}, 1000).fillFps).toBe(30);
  });
});
