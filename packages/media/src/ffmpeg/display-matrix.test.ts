import { expect, it } from 'vitest';
import { readDisplayMatrix } from './display-matrix.ts';

const one = 65_536;
const print = (a: number, b: number, c: number, d: number) =>
  `\n00000000: ${a} ${b} 0\n00000001: ${c} ${d} 0\n00000002: 0 0 1073741824\n`;

it.each([
  ['upright', print(one, 0, 0, one), 0, false],
  ['a phone held upright', print(0, one, -one, 0), 90, false],
  ['upside down', print(-one, 0, 0, -one), 180, false],
  ['the other way', print(0, -one, one, 0), 270, false],
  ['a selfie', print(-one, 0, 0, one), 180, true],
  ['upside down selfie', print(one, 0, 0, -one), 0, true],
  ['turned and mirrored', print(0, one, one, 0), 90, true],
  ['at an angle', print(46_341, 46_341, -46_341, 46_341), 45, false],
])('%s', (_, printed, rotation, mirrored) => {
  expect(readDisplayMatrix(printed)).toEqual({ rotation, mirrored });
});

it.each(['', 'nonsense', '\n00000000: a b c\n00000001: d e f\n'])('is undefined for %j', (printed) => {
  expect(readDisplayMatrix(printed)).toBeUndefined();
});
