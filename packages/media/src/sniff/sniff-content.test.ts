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
  ['MP4', mp4, 'media', 'an MP4 video'],
  ['Matroska cut short', Buffer.from('1a45dfa3', 'hex'), 'unknown', undefined],
  ['WMV', Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'), 'media', 'a Windows Media (WMV) video'],
  ['Dahua', Buffer.from('DHAV\xfd\0\0\0', 'latin1'), 'media', 'a recording of a Dahua camera (.dav)'],
  ['NUT', Buffer.from('nut/multimedia container\0'), 'media', 'a NUT video'],
  ['Y4M', Buffer.from('YUV4MPEG2 W320 H180 F25:1\n'), 'media', 'an uncompressed video (Y4M)'],
  ['MP3', mp3, 'audio', 'an MP3 audio file'],
  ['noise', Buffer.from([1, 2, 3, 200, 201, 202, 0, 0]), 'unknown', undefined],
])('%s', async (_, bytes, kind, name) => {
  expect(await sniffContent(bytes)).toMatchObject({ kind, name });
});

it.each([
  ['dv', '1f0700bf'],
  ['ivf', '444b494600002000'],
  ['mpegvideo', '000001b3140b4000'],
  ['m4v', '000001b001000001b5'],
  ['h264', '00000001091000000001674d0028000001 68ee3c80'],
  ['hevc', '0000000140010c01000001420101000000014401c0'],
  // A slice comes first; parameters in part; a forbidden bit; a start code further on.
  [undefined, '000000014100000001674d0028000001 68ee3c80'],
  [undefined, '00000001674d0028'],
  [undefined, '00000001e74d002800000001e8ee3c80'],
  [undefined, 'ff00000001674d002800000168ee3c80'],
])('finds %s in %s', async (stream, hex) => {
  const bytes = Buffer.concat([Buffer.from(hex.replace(' ', ''), 'hex'), Buffer.alloc(64, 0xa5)]);
  expect((await sniffContent(bytes)).stream).toBe(stream);
});

it('is not sure of a signature of two letters', async () => {
  expect(await sniffContent(Buffer.concat([Buffer.from('BM'), Buffer.alloc(100)]))).toMatchObject({ certain: false });
});
