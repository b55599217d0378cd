/** An ETag proves, or sends to read back; nothing but a byte that differs ever condemns an object. */
import { describe, expect, it } from 'vitest';
import {
  type DecideProofOptions,
  decideProof,
  ETAG_KINDS,
  guessEtagKind,
  guessEtagKindOfHost,
  learnEtagKind,
  VERIFY_POLICIES,
} from './decide-proof.ts';

const MD5 = '9b0f5d2c9b0f5d2c9b0f5d2c9b0f5d2c';
const OTHER_MD5 = '00000000000000000000000000000000';
const SMALL = 1000;
const LARGE = 100_000_000;

const decide = (options: Partial<DecideProofOptions>) =>
  decideProof({ policy: 'etag', etag: MD5, fileEtags: [MD5], size: SMALL, hostEtags: undefined, ...options });

describe('a proof', () => {
  it.each(ETAG_KINDS)('is an ETag that is the file’s, also of a host with %s ETags', (hostEtags) => {
    expect(decide({ hostEtags })).toBe('md5');
    expect(decide({ hostEtags, etag: `${MD5}-2`, fileEtags: [OTHER_MD5, `${MD5}-2`] })).toBe('multipart-etag');
    expect(decide({ hostEtags, etag: `"${MD5}"` })).toBe('md5');
  });

  it.each(VERIFY_POLICIES)('by policy %s: an ETag that contradicts is followed by reading back', (policy) => {
    for (const size of [SMALL, LARGE]) expect(decide({ policy, size, etag: OTHER_MD5 })).toBe('read-back');
  });

  it('of an ETag that cannot be compared is by reading back, unless the size is to be enough', () => {
    for (const etag of [undefined, 'strange', `${OTHER_MD5}-3`]) {
      expect(decide({ etag })).toBe('read-back');
      expect(decide({ etag, policy: 'size' })).toBe('size');
    }
  });

  it('of a host whose ETags are no proof is by reading back for large objects, by the size for small ones', () => {
    const host = { hostEtags: 'unproven', etag: OTHER_MD5 } as const;
    expect(decide({ ...host, size: SMALL })).toBe('size');
    expect(decide({ ...host, size: LARGE })).toBe('read-back');
    expect(decide({ ...host, size: LARGE, policy: 'size' })).toBe('size');
  });

  it('by policy readback is never an ETag', () => {
    for (const hostEtags of [undefined, ...ETAG_KINDS])
      expect(decide({ policy: 'readback', hostEtags })).toBe('read-back');
  });
});

describe('of a host is learned', () => {
  it.each([
    ['md5', MD5, 'md5'],
    ['multipart-etag', `${MD5}-2`, 'multipart'],
    ['readback', OTHER_MD5, 'unproven'],
    ['readback', `${MD5}-2`, undefined],
    ['readback', undefined, undefined],
    ['size', OTHER_MD5, undefined],
  ] as const)('by %s and ETag %s: %s', (proof, etag, kind) => {
    expect(learnEtagKind(proof, etag)).toBe(kind);
  });
});

describe('what an object lets expect of others', () => {
  it.each([
    [MD5, LARGE, 'md5'],
    [`"${MD5}-6"`, LARGE, 'multipart'],
    // S3 stores a small body in one piece, too.
    [MD5, SMALL, undefined],
    ['no digest', LARGE, undefined],
    [undefined, LARGE, undefined],
  ])('%s of %d bytes: %s', (etag, size, kind) => {
    expect(guessEtagKind({ etag, size })).toBe(kind);
  });
});

it.each([
  ['abcdefghijklmnopqrst.supabase.co', 'multipart'],
  ['localhost:54321', 'md5'],
  ['127.0.0.1:54321', 'md5'],
  ['[::1]:8000', 'md5'],
  ['storage.example.com', undefined],
  ['supabase.co.example.com', undefined],
])('guesses by the name of the host, of %s: %s', (host, kind) => {
  expect(guessEtagKindOfHost(host)).toBe(kind);
});
