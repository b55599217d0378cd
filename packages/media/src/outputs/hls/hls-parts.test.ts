import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../../test/support/media-info-fixture.ts';
import { clearReservedTags } from '../../ffmpeg/reserved-tags.ts';
import { prlimitCommand } from '../../ffmpeg/resource-limits.ts';
import type { VideoInfo } from '../../plan/media-info.ts';
import { DEFAULT_POLICY } from '../../plan/policy.ts';
import { aacCodec, readAvcCodec } from './codec-string.ts';
import { planLadder } from './ladder.ts';
import type { HlsRendition } from './rendition.ts';
import { compareRenditions, compareRung, compareStarts } from './verify-rules.ts';

describe('codec strings', () => {
  it('read H.264 from the initialization segment', () => {
    const init = Buffer.concat([Buffer.from('....avcC'), Buffer.from([1, 0x64, 0x00, 0x28, 0xff])]);
    expect(readAvcCodec(init)).toBe('avc1.640028');
    expect(readAvcCodec(Buffer.from('avcC'))).toBeUndefined();
    expect(readAvcCodec(Buffer.from('moov'))).toBeUndefined();
  });

  it('name the kinds of AAC', () => {
    expect(['LC', 'HE-AAC', 'HE-AACv2', undefined].map(aacCodec)).toEqual([
      'mp4a.40.2',
      'mp4a.40.5',
      'mp4a.40.29',
      'mp4a.40.2',
    ]);
  });
});

describe('a stream is not published', () => {
  const rendition = (name: string, seconds: readonly number[]): HlsRendition => ({
    name,
    initName: 'init.mp4',
    initBytes: 800,
    playlistBytes: 200,
    segments: seconds.map((value, index) => ({ name: `${index}.m4s`, seconds: value, bytes: 1000 })),
    durationSeconds: seconds.reduce((sum, value) => sum + value, 0),
    peakRate: 1,
    averageRate: 1,
  });
  const mp4 = mediaInfo();
  const good = rendition('720p', [4, 4, 2]);

  it('unless there is something wrong', () => {
    expect(compareRenditions(mp4, [good, rendition('480p', [4, 4, 2])], rendition('audio', [4.01, 3.99, 2]))).toBe(
      undefined,
    );
  });

  it.each<[string, readonly HlsRendition[], HlsRendition | undefined, RegExp]>([
    ['with a rung that ends early', [good, rendition('480p', [4])], undefined, /480p has 4\.00 s of 10\.00 s/],
    ['with other segments in one rung', [good, rendition('480p', [5, 5])], undefined, /2 segments where 720p has 3/],
    ['with segments that do not meet', [good, rendition('480p', [4.2, 3.8, 2])], undefined, /segment 0 of 480p/],
    ['with half of the sound', [good], rendition('audio', [4]), /audio has 4\.00 s/],
    ['without a rung', [], undefined, /no video/],
  ])('%s', (_, videos, audio, why) => {
    expect(compareRenditions(mp4, videos, audio)).toMatch(why);
  });

  const ladder = planLadder(mp4, DEFAULT_POLICY);

  it.each<[string, Partial<VideoInfo>, RegExp]>([
    ['in another size', { codedWidth: 640 }, /480p is 640x480, not 854x480/],
    ['in another codec', { codec: 'hevc' }, /hevc/],
    ['turned', { rotation: 90 }, /turned/],
    ['with a start that cannot be decoded', { stats: packetStats({ firstPacketIsKey: false }) }, /key frame/],
  ])('%s', (_, changes, why) => {
    const rung = ladder.rungs[1];
    if (rung === undefined) throw new Error('no second rung');
    const video = { codedWidth: 854, codedHeight: 480 };
    expect(compareRung(rung, mediaInfo({ video: videoInfo(video) }))).toBeUndefined();
    expect(compareRung(rung, mediaInfo({ video: videoInfo({ ...video, ...changes }) }))).toMatch(why);
  });

  it('with sound and picture further apart than in the MP4', () => {
    const early = mediaInfo({ audio: audioInfo({ stats: packetStats({ firstSeconds: -0.021 }) }) });
    expect(compareStarts(early, ladder, { videos: [0.08, 0.08], audio: 0.059 })).toBeUndefined();
    expect(compareStarts(early, ladder, { videos: [0.2, 0.2], audio: 0 })).toMatch(/-0\.200 s apart/);
    expect(compareStarts(early, ladder, { videos: [0.08, 0.08], audio: 0.2 })).toMatch(/0\.120 s apart/);
    expect(compareStarts(early, ladder, { videos: [0.08, 0], audio: 0.059 })).toMatch(/480p starts at another time/);
  });
});

describe('prlimit', () => {
  const command = { program: '/usr/bin/ffmpeg', args: ['-i', 'a b'] };
  const run = (memoryBytes: number | undefined, ceiling?: number) =>
    prlimitCommand({
      prlimit: '/usr/bin/prlimit',
      command,
      resources: { memoryBytes, cpuSeconds: 100 },
      ceilings: { memoryBytes: ceiling, cpuSeconds: undefined },
    });

  it('stands in front of the program', () => {
    expect(run(4e9)).toEqual({
      program: '/usr/bin/prlimit',
      args: ['--core=0', '--as=4000000000', '--cpu=100', '/usr/bin/ffmpeg', '-i', 'a b'],
    });
    expect(run(undefined).args).not.toContain('--as=undefined');
  });

  it('asks for no more than the system gives us', () => {
    expect(run(4e9, 1e9).args).toContain('--as=1000000000');
  });
});

describe('clearReservedTags', () => {
  const color = { primaries: 'bt709', transfer: 'reserved', space: 'reserved', range: 'tv' };

  it('names only what is reserved, in the words of the codec', () => {
    expect(clearReservedTags(videoInfo({ color }))).toBe(
      'h264_metadata=transfer_characteristics=2:matrix_coefficients=2',
    );
    expect(clearReservedTags(videoInfo({ codec: 'prores', color }))).toBe(
      'prores_metadata=color_trc=unknown:colorspace=unknown',
    );
    expect(clearReservedTags(videoInfo())).toBeUndefined();
    expect(clearReservedTags(videoInfo({ codec: 'ffv1', color }))).toBeUndefined();
  });
});
