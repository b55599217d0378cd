import { describe, expect, it } from 'vitest';
import { encodeUploadMetadata, parseByteCount, parseUploadExpires, uploadIdOf } from './tus.ts';

describe('the words of TUS', () => {
  it('encodes metadata as UTF-8 in base64', () => {
    const encoded = encodeUploadMetadata({ bucketName: 'b', objectName: 'Ünï 🎬.mp4', contentType: 'video/mp4' });
    const values = encoded.split(',').map((pair) => {
      const [name, value = ''] = pair.split(' ');
      return [name, Buffer.from(value, 'base64').toString()];
    });
    expect(values).toEqual([
      ['bucketName', 'b'],
      ['objectName', 'Ünï 🎬.mp4'],
      ['contentType', 'video/mp4'],
    ]);
  });
  it.each([
    ['0', 0],
    ['2147483648', 2_147_483_648],
    ['-1', undefined],
    ['1e3', undefined],
    ['', undefined],
    [undefined, undefined],
    [['1', '2'], undefined],
    ['9999999999999999', undefined],
  ])('reads a count of bytes: %j', (value, expected) => expect(parseByteCount(value)).toBe(expected));
  it('reads when an upload ends, a day from now where Storage does not say', () => {
    expect(parseUploadExpires('Sat, 21 Nov 2026 00:00:09 GMT', 0)).toBe(Date.parse('2026-11-21T00:00:09Z'));
    for (const value of [undefined, null, 'soon']) expect(parseUploadExpires(value, 5)).toBe(86_400_005);
  });
  it.each([
    ['https://internal:5000/storage/v1/upload/resumable/abc_-.~', 'abc_-.~'],
    ['https://h/upload/resumable/sign/abc/?x=1#y', 'abc'],
    ['/relative/abc', 'abc'],
    ['', ''],
  ])('knows an upload by the end of its address: %s', (location, id) => expect(uploadIdOf(location)).toBe(id));
});
