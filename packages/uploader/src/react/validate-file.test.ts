import { describe, expect, it } from 'vitest';
import { acceptAttribute, DEFAULT_LIMITS, validateFile } from './validate-file.ts';

const check = (name: string, size: number, type = '') => validateFile({ name, size, type }, DEFAULT_LIMITS);

describe('validateFile', () => {
  it.each([
    ['trip.mov', 'video/quicktime'],
    ['trip.mkv', ''],
    ['TRIP.MTS', ''],
    ['trip.rm', 'application/octet-stream'],
    ['clip', 'video/mp4; codecs=avc1'],
    ['film.mxf', 'application/mxf'],
  ])('takes %s declared as "%s"', (name, type) => {
    expect(check(name, 1000, type)).toBeUndefined();
  });

  it.each([
    ['notes.txt', 'text/plain', 'text/plain'],
    ['notes.txt', '', '.txt'],
    ['README', '', 'of no known type'],
    ['fake.mp4', 'image/png', 'image/png'],
  ])('refuses %s declared as "%s"', (name, type, named) => {
    const problem = check(name, 1000, type);
    expect(problem?.code).toBe('wrong_type');
    expect(problem?.message).toContain(named);
  });

  it('takes 2 GiB and refuses a byte more, with numbers that differ', () => {
    expect(check('a.mp4', 2 ** 31)).toBeUndefined();
    const problem = check('a.mp4', 2 ** 31 + 1);
    expect(problem?.code).toBe('too_large');
    expect(problem?.message).toBe('The file has 2.15 GB; the limit is 2 GB.');
    const odd = validateFile(
      { name: 'a.mp4', size: 1_500_000_001, type: 'video/mp4' },
      { ...DEFAULT_LIMITS, maxBytes: 1_500_000_000 },
    );
    expect(odd?.message).toContain('1500000001 bytes against 1500000000');
  });

  it('names the actual size and the limit', () => {
    expect(check('a.mp4', 3_200_000_000)?.message).toBe('The file has 3.20 GB; the limit is 2 GB.');
  });

  it('refuses an empty file', () => {
    expect(check('a.mp4', 0)?.code).toBe('empty');
  });

  it('tells pickers every extension', () => {
    expect(acceptAttribute({ ...DEFAULT_LIMITS, acceptedExtensions: ['mkv', 'mts'] })).toBe('video/*,.mkv,.mts');
  });
});
