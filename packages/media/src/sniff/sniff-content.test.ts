import { expect, it } from 'vitest';
import { sniffContent } from './sniff-content.ts';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154', 'hex');
const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom\0\0\0\0isommp42'), Buffer.alloc(64)]);
const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]);

/** An empty tag of ten bytes, then the head of a frame of MPEG-1 layer III. */
const mp3 = Buffer.concat([
  Buffer.from('ID3\x03\0\0\0\0\0\x0a'),
  Buffer.alloc(10),
  Buffer.from('fffb9064', 'hex'),
  Buffer.alloc(400),
]);

it.each([
  ['PNG', png, 'other', 'a PNG image'],
  ['HEIC, which has the structure of MP4', heic, 'other', 'a HEIC image'],
  ['PDF', Buffer.from('%PDF-1.7\n'), 'other', 'a PDF file'],
  ['text', Buffer.from('Dear diary, größe'), 'other', 'a text file'],
  ['HLS', Buffer.from('#EXTM3U\n#EXTINF:10,\n/etc/passwd\n'), 'other', 'an HLS playlist'],
  ['HLS behind a byte order mark', Buffer.from('\ufeff#EXTM3U\n'), 'other', 'an HLS playlist'],
  ['ffconcat', Buffer.from('ffconcat version 1.0\nfile a\n'), 'other', 'an ffconcat script'],
  [
    'DASH',
    Buffer.from('<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'),
    'other',
    'a DASH manifest',
  ],
  ['SDP', Buffer.from('v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n'), 'other', 'an SDP session description'],
  ['SVG', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), 'other', 'an SVG image'],
  ['UTF-16', Buffer.from('\ufeffhello', 'utf16le'), 'other', 'a text file'],
  ['MP4', mp4, 'media', undefined],
  ['Matroska cut short', Buffer.from('1a45dfa3', 'hex'), 'unknown', undefined],
  ['MP3', mp3, 'audio', 'an MP3 audio file'],
  ['noise', Buffer.from([1, 2, 3, 200, 201, 202, 0, 0]), 'unknown', undefined],
])('%s', async (_, bytes, kind, name) => {
  expect(await sniffContent(bytes)).toMatchObject({ kind, name });
});

it('is not sure of a signature of two letters', async () => {
  expect(await sniffContent(Buffer.concat([Buffer.from('BM'), Buffer.alloc(100)]))).toMatchObject({ certain: false });
});
