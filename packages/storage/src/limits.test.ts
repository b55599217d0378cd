import { describe, expect, it } from 'vitest';
import { assertWithinLimits } from './limits.ts';

const file = { name: 'clip.mov', size: 3_000_000_000 };

describe('a file over a limit', () => {
  it('is refused with the limit, its value, the size and where to change it', () => {
    expect(() => assertWithinLimits(file, { bucketBytes: 2_147_483_648, projectBytes: 5_368_709_120 })).toThrowError(
      'clip.mov has 3.00 GB (3000000000 bytes), more than the limit of the bucket of 2.15 GB (2147483648 bytes).',
    );
  });

  it('is told of the smaller of two', () => {
    expect(() => assertWithinLimits(file, { bucketBytes: 2_147_483_648, projectBytes: 52_428_800 })).toThrowError(
      expect.objectContaining({
        code: 'object_too_large',
        message: expect.stringContaining("the project's global limit of 52.4 MB"),
        hint: expect.stringContaining('config.toml'),
      }),
    );
  });

  it.each([
    [{ bucketBytes: 3_000_000_000, projectBytes: undefined }],
    [{ bucketBytes: undefined, projectBytes: undefined }],
  ])('is let through where there is no limit below it: %o', (limits) => {
    expect(() => assertWithinLimits(file, limits)).not.toThrow();
  });
});
