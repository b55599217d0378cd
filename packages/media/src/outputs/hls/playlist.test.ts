import { describe, expect, it } from 'vitest';
import { endPlaylist, readMediaPlaylist, renderMasterPlaylist, whyNotWhole } from './playlist.ts';

const playlist = (...changes: [string, string][]): string =>
  changes.reduce(
    (text, [from, to]) => text.replace(from, to),
    '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MAP:URI="init_1.mp4"\n#EXTINF:4.004000,\n0000.m4s\n#EXTINF:1.5,\n0001.m4s\n#EXT-X-ENDLIST\n',
  );

describe('readMediaPlaylist', () => {
  it('reads the name of the initialization segment, which ffmpeg chooses, and the segments', () => {
    expect(readMediaPlaylist(playlist())).toEqual({
      init: { name: 'init_1.mp4' },
      segments: [
        { name: '0000.m4s', seconds: 4.004 },
        { name: '0001.m4s', seconds: 1.5 },
      ],
    });
  });

  it('reads which parts of one file they are', () => {
    const text = playlist(
      ['URI="init_1.mp4"', 'URI="stream.mp4",BYTERANGE="831@0"'],
      ['0000.m4s', '#EXT-X-BYTERANGE:4000@831\nstream.mp4'],
      ['0001.m4s', '#EXT-X-BYTERANGE:1500@4831\nstream.mp4'],
    );
    expect(readMediaPlaylist(text)).toEqual({
      init: { name: 'stream.mp4', range: { offset: 0, bytes: 831 } },
      segments: [
        { name: 'stream.mp4', range: { offset: 831, bytes: 4000 }, seconds: 4.004 },
        { name: 'stream.mp4', range: { offset: 4831, bytes: 1500 }, seconds: 1.5 },
      ],
    });
  });

  it.each([
    ['no playlist', '<html>', /no playlist/],
    ['one that was not finished', playlist(['#EXT-X-ENDLIST\n', '']), /no end/],
    ['a folder above', playlist(['0001.m4s', '../0001.m4s']), /names/],
    ['another machine', playlist(['0001.m4s', 'http://a/0001.m4s']), /names/],
    ['no initialization segment', playlist(['init_1.mp4', '']), /names ""/],
    ['a segment without duration', playlist(['#EXTINF:1.5,\n', '']), /no duration/],
    ['nothing', '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n#EXT-X-ENDLIST\n', /no segment/],
  ])('refuses %s', (_, text, why) => {
    expect(readMediaPlaylist(text)).toMatch(why);
  });
});

describe('whyNotWhole', () => {
  const part = (offset: number, bytes: number, name = 'stream.mp4') => ({ name, offset, bytes });
  const sizes = new Map([['stream.mp4', 300]]);

  it('finds nothing where every byte is in one segment', () => {
    expect(whyNotWhole([part(0, 100), part(100, 200)], sizes)).toBeUndefined();
    const each = [part(0, 5, 'init.mp4'), part(0, 7, '0000.m4s')];
    const sizesOfEach = [['init.mp4', 5] as const, ['0000.m4s', 7] as const];
    expect(whyNotWhole(each, new Map(sizesOfEach))).toBeUndefined();
  });

  it.each([
    ['a hole', [part(0, 100), part(101, 199)], /segment at 101, not at 100/],
    ['bytes in two segments', [part(0, 100), part(99, 201)], /segment at 99/],
    ['more than there is', [part(0, 100), part(100, 201)], /has 300 bytes, and its playlist names 301/],
    ['bytes that nothing names', [part(0, 100), part(100, 100)], /names 200/],
  ])('finds %s', (_, parts, why) => {
    expect(whyNotWhole(parts, sizes)).toMatch(why);
  });
});

describe('renderMasterPlaylist', () => {
  const video = {
    uri: '720p/index.m3u8',
    codec: 'avc1.64001f',
    peakRate: 2_000_000.5,
    averageRate: 1_500_000,
    width: 1280,
    height: 720,
    fps: 30_000 / 1001,
  };

  it('adds the sound, once for all sizes, to what each takes', () => {
    const audio = {
      uri: 'audio/index.m3u8',
      codec: 'mp4a.40.2',
      peakRate: 130_000,
      averageRate: 128_000,
      channels: 2,
    };
    expect(renderMasterPlaylist([video], audio)).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:7',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=2130001,AVERAGE-BANDWIDTH=1628000,RESOLUTION=1280x720,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"',
        '720p/index.m3u8',
        '',
      ].join('\n'),
    );
  });

  it('names no sound where there is none', () => {
    expect(renderMasterPlaylist([{ ...video, fps: undefined }], undefined)).toBe(
      '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n' +
        '#EXT-X-STREAM-INF:BANDWIDTH=2000001,AVERAGE-BANDWIDTH=1500000,RESOLUTION=1280x720,CODECS="avc1.64001f"\n720p/index.m3u8\n',
    );
  });
});

describe('endPlaylist', () => {
  const playlist = (last: string) =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.000000,\na.m4s\n#EXTINF:${last},\nb.m4s\n#EXT-X-ENDLIST\n`;

  it('ends with the last frame', () => {
    expect(endPlaylist(playlist('3.000000'), 6)).toBe(playlist('2.000000'));
    expect(endPlaylist(playlist('2.000000'), 6.5)).toBe(playlist('2.500000'));
  });

  it('leaves alone what no segment may be', () => {
    expect(endPlaylist(playlist('3.000000'), 9)).toBe(playlist('3.000000'));
    expect(endPlaylist(playlist('3.000000'), 3)).toBe(playlist('3.000000'));
    expect(endPlaylist('nothing', 3)).toBe('nothing');
  });
});
