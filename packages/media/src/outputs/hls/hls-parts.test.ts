import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../../test/support/media-info-fixture.ts';
import { clearReservedTags } from '../../ffmpeg/reserved-tags.ts';
import { prlimitCommand } from '../../ffmpeg/resource-limits.ts';
import type { VideoInfo } from '../../plan/media-info.ts';
import { DEFAULT_POLICY } from '../../plan/policy.ts';
import { aacCodec, readAvcCodec } from './codec-string.ts';
import type { FragmentTimes } from './fragment-times.ts';
import { planLadder } from './ladder.ts';
import type { HlsRendition } from './rendition.ts';
import { compareRenditions, compareRung } from './verify-rules.ts';

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
  /** Segments that begin at these times and end where the next one begins, with a frame each 40 ms. */
  const rendition = (
    name: string,
    starts: readonly number[],
    end = 10,
    changes: Partial<FragmentTimes> = {},
  ): HlsRendition => ({
    name,
    init: { name: 'stream.mp4', offset: 0, bytes: 800 },
    files: [{ name: 'stream.mp4', bytes: 800 + starts.length * 1000 }],
    playlistBytes: 200,
    segments: starts.map((firstSeconds, index) => {
      const endSeconds = starts[index + 1] ?? end;
      const frames = Math.round((endSeconds - firstSeconds) / 0.04);
      const times = {
        frames,
        firstSeconds,
        lastSeconds: endSeconds - 0.04,
        endSeconds,
        largestGapSeconds: 0.04,
        ...changes,
      };
      const stored = { name: 'stream.mp4', offset: 800 + index * 1000, bytes: 1000 };
      return { ...stored, seconds: endSeconds - firstSeconds, times };
    }),
    durationSeconds: end,
    peakRate: 1,
    averageRate: 1,
  });
  const mp4 = { ...mediaInfo(), video: videoInfo() };
  const ladder = planLadder(mp4, DEFAULT_POLICY);
  const good = rendition('720p', [0, 4, 8]);
  const tail = (changes: { seconds?: number; endSeconds?: number }) => ({
    ...good,
    segments: good.segments.map((one, at) =>
      at < 2
        ? one
        : {
            ...one,
            seconds: changes.seconds ?? one.seconds,
            times: { ...one.times, endSeconds: changes.endSeconds ?? 10 },
          },
    ),
  });
  const drifting = {
    ...good,
    segments: good.segments.map((one, at) => ({ ...one, seconds: one.seconds + (at === 1 ? 0.2 : 0) })),
  };

  it('unless there is something wrong', () => {
    const audio = rendition('audio', [0, 4.01, 8]);
    expect(compareRenditions(mp4, ladder, [good, rendition('480p', [0, 4, 8])], audio)).toBeUndefined();
  });

  it.each<[string, readonly HlsRendition[], HlsRendition | undefined, RegExp]>([
    ['with a rung that ends early', [good, rendition('480p', [0, 4, 8], 9)], undefined, /480p is shown at 8\.960 s/],
    ['with other segments in one rung', [good, rendition('480p', [0, 5])], undefined, /2 segments where 720p has 3/],
    ['with segments that do not meet', [good, rendition('480p', [0, 4.2, 8])], undefined, /segment 1 of 480p/],
    [
      'with a picture that comes late',
      [rendition('720p', [0.4, 4, 8])],
      undefined,
      /segment 0 of 720p begins 0\.400 s later/,
    ],
    ['with frames that drift away', [drifting], undefined, /segment 2 of 720p begins -0\.200 s later/],
    [
      'with a last frame that stays too long',
      [tail({ seconds: 3.2, endSeconds: 11.2 })],
      undefined,
      /720p ends at 11\.20 s, not at 10\.00 s/,
    ],
    [
      'with a playlist that promises more',
      [tail({ seconds: 3 })],
      undefined,
      /playlist of 720p ends at 11\.00 s, not at 10\.00 s/,
    ],
    ['with a hole', [rendition('720p', [0, 4, 8], 10, { largestGapSeconds: 5 })], undefined, /5\.00 s without a frame/],
    [
      'with frames that the MP4 hides',
      [rendition('720p', [0, 4, 8], 10, { frames: 100 })],
      undefined,
      /300 frames of 250/,
    ],
    ['with sound that comes late', [good], rendition('audio', [0.4]), /sound begins at 0\.400 s, not at 0\.000 s/],
    ['without a rung', [], undefined, /no video/],
  ])('%s', (_, videos, audio, why) => {
    expect(compareRenditions(mp4, ladder, videos, audio)).toMatch(why);
  });

  it('with sound that was filled and ends early', () => {
    const late = audioInfo({ stats: packetStats({ firstSeconds: 3, durationSeconds: 7 }) });
    const filled = planLadder({ ...mp4, audio: late }, DEFAULT_POLICY);
    expect(filled.audio).toBe('encode');
    expect(compareRenditions(mp4, filled, [good], rendition('audio', [0]))).toBeUndefined();
    expect(compareRenditions(mp4, filled, [good], rendition('audio', [0], 7))).toMatch(/sound ends at 7\.00 s/);
  });

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
