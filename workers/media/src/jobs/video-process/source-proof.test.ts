import { describe, expect, it } from 'vitest';
import { describeChange, judgeSource, type ProvedSource, type SeenSource, settledBy } from './source-proof.ts';

const MD5 = 'a'.repeat(32);
const OTHER_MD5 = 'b'.repeat(32);
const SHA256 = 'c'.repeat(64);
const seen: SeenSource = { size: 1000, etag: MD5 };

describe('a source', () => {
  it.each<[string, ProvedSource, SeenSource, ReturnType<typeof judgeSource>]>([
    ['of which nothing was proved', {}, seen, 'same'],
    ['with all that was proved', { size: 1000, etag: MD5, sha256: SHA256 }, { ...seen, sha256: SHA256 }, 'same'],
    ['whose ETag nobody tells', { size: 1000, etag: MD5 }, { size: 1000, etag: undefined }, 'same'],
    ['of another size', { size: 999, etag: MD5 }, seen, 'other'],
    ['of another size and no known ETag', { size: 999 }, { size: 1000, etag: undefined }, 'other'],
    ['with another SHA-256', { size: 1000, etag: MD5, sha256: SHA256 }, { ...seen, sha256: 'd'.repeat(64) }, 'other'],
    [
      'with another ETag and the same SHA-256',
      { etag: OTHER_MD5, sha256: SHA256 },
      { ...seen, sha256: SHA256 },
      'same',
    ],
    ['with another ETag, before it was read', { etag: OTHER_MD5, sha256: SHA256 }, seen, 'unsettled'],
    ['with another ETag where one is an MD5', { etag: OTHER_MD5 }, seen, 'unsettled'],
    ['with another ETag and that MD5', { etag: OTHER_MD5 }, { ...seen, etag: 'x-2', md5: OTHER_MD5 }, 'same'],
    ['with another ETag and another MD5', { etag: OTHER_MD5 }, { ...seen, md5: MD5 }, 'changed'],
    ['with another ETag of a multipart upload', { etag: `${MD5}-2` }, seen, 'changed'],
  ])('%s', (_name, proved, found, verdict) => {
    expect(judgeSource(proved, found)).toBe(verdict);
  });

  it('is settled by its SHA-256, else by an MD5', () => {
    expect([{ etag: MD5, sha256: SHA256 }, { etag: MD5 }, { etag: `${MD5}-2` }, {}].map(settledBy)).toEqual([
      'sha256',
      'md5',
      undefined,
      undefined,
    ]);
  });

  it('is described by what settled it', () => {
    expect(describeChange({ size: 51_109 }, { size: 1_992_800, etag: undefined })).toMatch(
      /^51109 bytes .* were checked, 1992800 bytes .* are stored$/,
    );
    expect(describeChange({ etag: 'one' }, { size: 1, etag: 'two' })).toBe(
      'version one was checked, version two is stored',
    );
  });
});
