import { expect, it } from 'vitest';
import { chooseSteadyFrame } from './steady-frame.ts';

const shape = (width: number, height: number, seconds: number) => ({ width, height, seconds });

it.each([
  ['what is seen longest', [shape(640, 360, 3), shape(360, 640, 9)], { width: 360, height: 640 }],
  ['of equals the first', [shape(640, 360, 3), shape(360, 640, 3.1)], { width: 640, height: 360 }],
  [
    'the largest of an aspect ratio, all its sizes counted',
    [shape(320, 180, 2), shape(640, 480, 3), shape(1280, 720, 2), shape(640, 362, 1)],
    { width: 1280, height: 720 },
  ],
  ['nothing where nothing is known', [], undefined],
])('takes %s', (_, shapes, expected) => {
  expect(chooseSteadyFrame(shapes)).toEqual(expected);
});
