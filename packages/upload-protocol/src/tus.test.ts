import { describe, expect, it } from 'vitest';
import { encodeUploadMetadata, parseByteCount, readRemainingLife, shouldLive, uploadIdOf } from './tus.ts';

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
  it('reads how long an upload is kept by the clock of the server', () => {
    const read = (headers: Record<string, string>, now: number) => readRemainingLife((name) => headers[name], now);
    const expires = { 'upload-expires': 'Sat, 21 Nov 2026 00:00:09 GMT' };
    expect(read({ ...expires, date: 'Sat, 21 Nov 2026 00:00:00 GMT' }, 0)).toBe(9000);
    expect(read({ ...expires, date: 'Sat, 21 Nov 2026 01:00:00 GMT' }, 0)).toBe(0);
    expect(read(expires, Date.parse('2026-11-21T00:00:08Z'))).toBe(1000);
    expect(read({}, 5)).toBeUndefined();
    expect(read({ 'upload-expires': 'soon' }, 5)).toBeUndefined();
  });
  it('knows when one that is not known should be: until it ends, or an hour where nothing was said', () => {
    expect(shouldLive({ createdAt: 0, endsAt: 5000 }, 4999)).toBe(true);
    expect(shouldLive({ createdAt: 0, endsAt: 5000 }, 5000)).toBe(false);
    expect(shouldLive({ createdAt: 0 }, 3_599_999)).toBe(true);
    expect(shouldLive({ createdAt: 0 }, 3_600_000)).toBe(false);
  });
  it.each([
    ['https://internal:5000/storage/v1/upload/resumable/abc_-.~', 'abc_-.~'],
    ['https://h/upload/resumable/sign/abc/?x=1#y', 'abc'],
    ['/relative/abc', 'abc'],
    ['', ''],
  ])('knows an upload by the end of its address: %s', (location, id) => expect(uploadIdOf(location)).toBe(id));
});
