import { describe, expect, it } from 'vitest';
import { checkMimeType, readFileSizeLimit, resumableLimit, singleRequestLimit } from './limits.ts';

const open = { fileSizeLimit: null, allowedMimeTypes: null };

describe('the smallest limit wins', () => {
  it.each([
    [{ global: 100, standard: undefined }, open, 100, 100],
    [{ global: 100, standard: 50 }, open, 50, 100],
    [{ global: 100, standard: 50 }, { ...open, fileSizeLimit: 20 }, 20, 20],
    [{ global: 100, standard: undefined }, { ...open, fileSizeLimit: 500 }, 100, 100],
    [{ global: 100, standard: undefined }, { ...open, fileSizeLimit: 0 }, 0, 100],
  ])('of %o and %o', (limits, bucket, single, resumable) => {
    expect(singleRequestLimit(limits, bucket, 'a')).toBe(single);
    expect(resumableLimit(limits, bucket)).toBe(resumable);
  });

  it('is 0 for the placeholder of a folder', () => {
    expect(singleRequestLimit({ global: 100, standard: undefined }, open, 'a/.emptyFolderPlaceholder')).toBe(0);
  });
});

describe('MIME types', () => {
  it.each([
    ['image/png', ['image/*'], true],
    ['image/png', ['image/png'], true],
    ['image/png; charset=x', ['image/png'], false],
    ['video/mp4', ['image/*'], false],
    ['anything', [], true],
    ['anything', null, true],
    ['image', ['image/*'], false],
  ])('%s on %o: %s', (type, allowed, fits) => {
    const check = (): void => checkMimeType(type, allowed);
    if (fits) expect(check).not.toThrow();
    else expect(check).toThrow(`mime type ${type} is not supported`);
  });
});

describe('bucket limits', () => {
  it.each([
    [null, null],
    [0, 0],
    [100, 100],
    ['100', 100],
    ['1KB', 1000],
    ['2gb', 2_000_000_000],
    ['1.5MB', 1_500_000],
    ['1234567B', 1_230_000],
  ])('%s is %s', (value, bytes) => {
    expect(readFileSizeLimit(value, 5_000_000_000)).toBe(bytes);
  });

  it.each(['1KiB', '10 MB', '', -1, 1.5, {}])('%s is refused', (value) => {
    expect(() => readFileSizeLimit(value, 5_000_000_000)).toThrow();
  });
});
