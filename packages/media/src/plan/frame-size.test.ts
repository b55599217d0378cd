import { expect, it } from 'vitest';
import { fitFrame, fitWidth, isSquare } from './frame-size.ts';

const limits = { maxShortSide: 1080, maxLongSide: 1920 };

it.each([
  [3000, 20, 1920, 12],
  [8000, 2, 1920, 2],
  [1, 1, 2, 2],
  [1081, 1921, 1080, 1920],
  [853, 480, 852, 480],
])('fits %dx%d into %dx%d', (width, height, fittedWidth, fittedHeight) => {
  expect(fitFrame({ width, height }, limits)).toEqual({ width: fittedWidth, height: fittedHeight });
});

it('bounds a still by its width only', () => {
  expect(fitWidth({ width: 1920, height: 1080 }, 1280)).toEqual({ width: 1280, height: 720 });
  expect(fitWidth({ width: 1080, height: 1920 }, 1280)).toEqual({ width: 1080, height: 1920 });
});

it('takes a pixel for square within one percent', () => {
  expect(isSquare(1280 / 1281)).toBe(true);
  expect(isSquare(44 / 45)).toBe(false);
});
