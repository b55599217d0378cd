import { describe, expect, it } from 'vitest';
import { mediaInfo, packetStats, videoInfo } from '../../../test/support/media-info-fixture.ts';
import type { VideoInfo } from '../../plan/media-info.ts';
import { DEFAULT_POLICY } from '../../plan/policy.ts';
import { planLadder } from './ladder.ts';

const mp4 = (width: number, height: number, changes: Partial<VideoInfo> = {}) =>
  mediaInfo({ video: videoInfo({ codedWidth: width, codedHeight: height, ...changes }) });

const shape = (width: number, height: number, changes: Partial<VideoInfo> = {}) =>
  planLadder(mp4(width, height, changes), DEFAULT_POLICY).rungs.map(
    (rung) => `${rung.name} ${rung.width}x${rung.height} ${rung.video}`,
  );

describe('the rungs', () => {
  it.each([
    [1920, 1080, ['1080p 1920x1080 copy', '720p 1280x720 encode', '480p 854x480 encode']],
    [1080, 1920, ['1080p 1080x1920 copy', '720p 720x1280 encode', '480p 480x854 encode']],
    [1280, 720, ['720p 1280x720 copy', '480p 854x480 encode']],
    [640, 360, ['360p 640x360 copy']],
    [852, 480, ['480p 852x480 copy']],
    [1366, 768, ['768p 1366x768 copy', '480p 854x480 encode']],
    [2560, 1080, ['1080p 2560x1080 copy', '720p 1706x720 encode', '480p 1138x480 encode']],
    [2, 2, ['2p 2x2 copy']],
  ])('of %dx%d', (width, height, rungs) => {
    expect(shape(width, height)).toEqual(rungs);
  });

  it('have the limits of their size, the largest those of the size above it', () => {
    const rates = planLadder(mp4(1366, 768), DEFAULT_POLICY).rungs.map((rung) => rung.maxRate);
    expect(rates).toEqual([6_000_000, 1_400_000]);
  });
});

describe('the largest rung is encoded', () => {
  it.each<[string, Partial<VideoInfo>, RegExp]>([
    ['when the header turns the picture', { rotation: 90, displayWidth: 720, displayHeight: 1280 }, /turned by 90/],
    ['when key frames are far apart', { stats: packetStats({ largestKeyGapSeconds: 4.5 }) }, /4\.5 s without/],
    ['when it stands still for long', { stats: packetStats({ largestGapSeconds: 3 }) }, /3\.0 s without a frame/],
    ['when the first frame is no key frame', { stats: packetStats({ firstPacketIsKey: false }) }, /key frame/],
  ])('%s', (_, changes, why) => {
    const ladder = planLadder(mp4(1280, 720, changes), DEFAULT_POLICY);
    expect(ladder.whyNotCopied).toMatch(why);
    expect(ladder.rungs.map((rung) => rung.video)).toEqual(['encode', 'encode']);
  });

  it('and the sound too, at a steady rate, when a copy did not do', () => {
    const ladder = planLadder(mp4(1280, 720), DEFAULT_POLICY, 'a copy does not do');
    expect(ladder).toMatchObject({ audio: 'encode', whyAudioEncoded: 'a copy does not do' });
    expect(ladder.timing.whyFilled).toBe('a copy does not do');
    expect(ladder.rungs.map((rung) => rung.video)).toEqual(['encode', 'encode']);
  });

  it('and has the size that is seen', () => {
    expect(shape(1280, 720, { rotation: 90, displayWidth: 720, displayHeight: 1280 })[0]).toBe('720p 720x1280 encode');
  });
});

describe('segments', () => {
  it.each([
    [10, 4],
    [3600, 4],
    [2 * 3600, 8],
    [12 * 3600, 48],
  ])('of %d s of video last %d s: their number is bounded', (durationSeconds, seconds) => {
    const ladder = planLadder({ ...mp4(1280, 720), durationSeconds }, DEFAULT_POLICY);
    expect(ladder.segmentSeconds).toBe(seconds);
    expect(Math.ceil(durationSeconds / seconds)).toBeLessThanOrEqual(DEFAULT_POLICY.hls.maxSegments);
  });
});
