import { expect, it } from 'vitest';
import { parseRange } from './ranges.ts';

it.each([
  [undefined, undefined],
  ['bytes=0-', { start: 0, end: 9 }],
  ['bytes=2-4', { start: 2, end: 4 }],
  ['bytes=9-100', { start: 9, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=4-2', undefined],
  ['bytes=0-1,4-5', undefined],
  ['bytes=-', undefined],
  ['lines=1-2', undefined],
])('%s of 10 bytes is %o', (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});

it.each([
  ['bytes=10-', 10],
  ['bytes=-0', 10],
  ['bytes=0-', 0],
  ['bytes=-1', 0],
])('%s of %i bytes cannot be satisfied', (header, size) => {
  expect(() => parseRange(header, size)).toThrow('invalid range');
});
