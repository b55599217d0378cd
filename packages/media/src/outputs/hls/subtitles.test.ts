import { describe, expect, it } from 'vitest';
import { renderMasterPlaylist } from './playlist.ts';
import { nameSubtitles, renderSubtitles } from './subtitles.ts';

const master = renderMasterPlaylist(
  [720, 480].map((height) => ({
    uri: `${height}p/index.m3u8`,
    codec: 'avc1.640028',
    peakRate: 2,
    averageRate: 1,
    width: 16,
    height,
    fps: 25,
  })),
  undefined,
);
const track = (language: string, disposition?: 'default' | 'forced') =>
  renderSubtitles({
    fileName: `${language}.vtt`,
    vtt: 'WEBVTT\n',
    durationSeconds: 5.2,
    language,
    label: `<${language}>`,
    disposition,
  });

it('is one segment as long as the video, on the clock of the stream', () => {
  expect(track('en')).toMatchObject({
    name: 'captions-en',
    files: {
      segment: 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n',
      playlist:
        '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:5.200,\ncaptions.vtt\n#EXT-X-ENDLIST\n',
    },
  });
});

describe('nameSubtitles', () => {
  it('leaves a playlist as it is without any', () => {
    expect(nameSubtitles(master, [])).toBe(master);
  });

  it('names each once, before the streams, which all have them', () => {
    const named = nameSubtitles(nameSubtitles(master, [track('en', 'default'), track('de')]), [track('de', 'forced')]);
    const lines = named.split('\n');
    expect(lines.filter((line) => line.startsWith('#EXT-X-MEDIA'))).toEqual([
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="<en>",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="captions-en/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="<de>",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="captions-de/index.m3u8"',
    ]);
    const streams = lines.filter((line) => line.startsWith('#EXT-X-STREAM-INF'));
    expect(streams.map((line) => line.match(/,SUBTITLES="subs"/g)?.length)).toEqual([1, 1]);
    expect(lines.findIndex((line) => line.includes('captions-de'))).toBeLessThan(lines.indexOf(streams[0] ?? ''));
  });
});
