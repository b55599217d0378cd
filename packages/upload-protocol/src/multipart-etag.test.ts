/** The ETag made from a file is the one that S3's rule gives, whatever the parts and however the bytes come. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  candidatePartEnds,
  createEtagDigest,
  expectedPartEnds,
  growPartEnds,
  type PartEnds,
  readEtag,
  WHOLE,
} from './multipart-etag.ts';

const MIB = 1024 * 1024;
const createMd5 = () => createHash('md5');
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();

/** By the book: every part cut out and digested on its own. */
function etagOf(content: Buffer, ends: PartEnds): string {
  const starts = [0, ...ends];
  const digests = ends.map((end, part) => md5(content.subarray(starts[part], end)));
  return `${md5(Buffer.concat(digests)).toString('hex')}-${ends.length}`;
}

describe('an ETag', () => {
  it.each([
    ['"9b0f5D2c9b0f5d2c9b0f5d2c9b0f5d2c"', { form: 'md5', md5: '9b0f5d2c9b0f5d2c9b0f5d2c9b0f5d2c' }],
    [
      'W/"9b0f5d2c9b0f5d2c9b0f5d2c9b0f5d2c-12"',
      { form: 'multipart', etag: '9b0f5d2c9b0f5d2c9b0f5d2c9b0f5d2c-12', parts: 12 },
    ],
    ['9b0f5d2c9b0f5d2c9b0f5d2c9b0f5d2c-0', { form: 'other' }],
    ['9b0f5d2c', { form: 'other' }],
    [undefined, { form: 'other' }],
  ])('%s is read', (etag, form) => {
    expect(readEtag(etag)).toEqual(form);
  });

  it('is made of any parts, whatever pieces the bytes come in', () => {
    const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 31) % 251));
    const layouts = [[1000], [100, 1000], [1, 2, 999, 1000], [500, 1000]];
    for (const pieceBytes of [1, 7, 100, 333, 1000, 5000]) {
      const digest = createEtagDigest([WHOLE, ...layouts], createMd5);
      for (let at = 0; at < content.length; at += pieceBytes) digest.update(content.subarray(at, at + pieceBytes));
      expect(digest.digest()).toEqual([md5(content).toString('hex'), ...layouts.map((ends) => etagOf(content, ends))]);
    }
  });

  it('is made of parts that become known while the bytes come', () => {
    const content = Buffer.alloc(90 * MIB, 'not the same in every part');
    // The third request leaves too little for a part of its own.
    const requestEnds = [6 * MIB, 60 * MIB, 61 * MIB + 17, 80 * MIB, content.length];
    const { ends, endRequest } = growPartEnds(content.length);
    const digest = createEtagDigest([ends], createMd5);
    let start = 0;
    for (const end of requestEnds) {
      endRequest(end);
      for (; start < end; start = Math.min(start + 3 * MIB, end))
        digest.update(content.subarray(start, Math.min(start + 3 * MIB, end)));
    }
    const expected = expectedPartEnds({
      size: content.length,
      route: 'resumable',
      requestEnds: requestEnds.slice(0, -1),
    });
    expect(ends).toEqual(expected);
    expect(digest.digest()).toEqual([etagOf(content, expected)]);
  });

  it('of an empty object is that of one empty part', () => {
    expect(createEtagDigest([[0], WHOLE], createMd5).digest()).toEqual([
      etagOf(Buffer.alloc(0), [0]),
      'd41d8cd98f00b204e9800998ecf8427e',
    ]);
  });
});

describe('parts', () => {
  it('are 16 MiB over REST and 50 MiB in one PATCH, the last one what is left', () => {
    expect(expectedPartEnds({ size: 40 * MIB, route: 'rest' })).toEqual([16 * MIB, 32 * MIB, 40 * MIB]);
    expect(expectedPartEnds({ size: 16 * MIB, route: 'rest' })).toEqual([16 * MIB]);
    expect(expectedPartEnds({ size: 120 * MIB, route: 'resumable' })).toEqual([50 * MIB, 100 * MIB, 120 * MIB]);
  });

  it('end where requests ended, unless S3 would refuse them as too small', () => {
    expect(
      expectedPartEnds({ size: 20 * MIB, route: 'resumable', requestEnds: [6 * MIB, 12 * MIB, 18 * MIB] }),
    ).toEqual([6 * MIB, 12 * MIB, 18 * MIB, 20 * MIB]);
    const cut = { size: 200 * MIB, route: 'resumable', requestEnds: [52 * MIB, 90 * MIB] } as const;
    // 2 MiB are left over and go in front of the second request.
    expect(expectedPartEnds(cut)).toEqual([50, 90, 140, 190, 200].map((end) => end * MIB));
  });

  it('are tried in the known sizes that give the number that the ETag says', () => {
    const sent = { size: 79_000_000, route: 'rest' } as const;
    expect(candidatePartEnds(sent, 5).map(([first]) => first)).toEqual([16 * MIB]);
    expect(candidatePartEnds(sent, 10).map(([first]) => first)).toEqual([8 * MIB]);
    expect(candidatePartEnds(sent, 2).map(([first]) => first)).toEqual([50 * MIB]);
    expect(candidatePartEnds(sent, 7)).toEqual([]);
    expect(candidatePartEnds({ size: 1000, route: 'resumable' }, 1)).toEqual([[1000]]);
  });
});
