import { describe, expect, it } from 'vitest';
import { listNames, rewriteNames } from './rewrite-playlist.ts';

const MEDIA = '#EXTM3U\n#EXT-X-MAP:URI="init_0.mp4"\n#EXTINF:4.0,\n0000.m4s\n#EXTINF:1.2,\n0001.m4s\n#EXT-X-ENDLIST\n';

describe('rewrite-playlist', () => {
  it('finds the initialization segment and every segment', () => {
    expect(listNames(MEDIA)).toEqual(['init_0.mp4', '0000.m4s', '0001.m4s']);
  });

  it('finds renditions in lines and in attributes', () => {
    const master =
      '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,NAME="Audio",URI="audio/index.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8\n';
    expect(listNames(master)).toEqual(['audio/index.m3u8', '720p/index.m3u8']);
  });

  it('replaces names by addresses, even with dollar signs, and changes nothing else', () => {
    const rewritten = rewriteNames(MEDIA, (name) => `https://s.example/${name}?token=$&$1`);
    expect(rewritten).toContain('#EXT-X-MAP:URI="https://s.example/init_0.mp4?token=$&$1"');
    expect(rewritten).toContain('#EXTINF:1.2,\nhttps://s.example/0001.m4s?token=$&$1\n#EXT-X-ENDLIST');
  });

  it.each(['../secret.m4s', 'https://elsewhere.example/a', 'a/b/c.m4s', '/etc/passwd', 'a b'])(
    'rejects a playlist that contains %s',
    (name) => {
      expect(listNames(`#EXTM3U\n${name}\n`)).toBe(`it names "${name}"`);
    },
  );

  it('rejects anything but a playlist', () => {
    expect(listNames('<html>')).toBe('it is not a playlist');
  });
});
