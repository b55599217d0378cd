import { expect, it } from 'vitest';
import { chooseContentType } from './declared-type.ts';

it.each([
  ['a.mp4', 'video/mp4', 'video/mp4'],
  ['a.mp4', 'Video/MP4; codecs="avc1"', 'video/mp4'],
  ['a.mkv', '', 'video/x-matroska'],
  ['a.mkv', undefined, 'video/x-matroska'],
  ['a.vob', 'application/octet-stream', 'video/mpeg'],
  ['a', 'video/webm', 'video/webm'],
  ['a.mxf', 'application/mxf', 'application/mxf'],
])('%s declared as %s is stored as %s', (fileName, declared, type) => {
  expect(chooseContentType({ fileName, declared })).toBe(type);
});

it.each([
  ['a.mp4', 'text/plain'],
  ['a.mp4', 'video'],
  ['a.mp4', 'video/mp4\r\nx: y'],
  ['a.m3u8', ''],
  ['a', ''],
  ['a.exe', 'application/octet-stream'],
])('%s declared as %j is refused', (fileName, declared) => {
  expect(() => chooseContentType({ fileName, declared })).toThrow(expect.objectContaining({ code: 'type_refused' }));
});
