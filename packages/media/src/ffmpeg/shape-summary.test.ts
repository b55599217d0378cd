import { expect, it } from 'vitest';
import { createShapeSummary } from './shape-summary.ts';

function shapesOf(lines: readonly string[], { rotation = 0, end = 10 } = {}) {
  const summary = createShapeSummary(rotation);
  for (const line of lines) summary.add(line);
  return summary.shapes(end);
}

const frame = (time: number | 'N/A', width: number, height: number, ratio = '1:1') =>
  `best_effort_timestamp_time=${time}|width=${width}|height=${height}|sample_aspect_ratio=${ratio}|`;

it('counts how long each size is seen', () => {
  expect(shapesOf([frame(1, 640, 360), frame(2, 640, 360), frame(4, 360, 640), frame(9, 640, 360)])).toEqual([
    { width: 640, height: 360, seconds: 4 },
    { width: 360, height: 640, seconds: 5 },
  ]);
});

it('sees the shape of pixels and a turn of the whole', () => {
  expect(shapesOf([frame(0, 720, 576, '16:15'), frame(5, 720, 576, '64:45')])).toEqual([
    { width: 768, height: 576, seconds: 5 },
    { width: 1024, height: 576, seconds: 5 },
  ]);
  expect(shapesOf([frame(0, 640, 360)], { rotation: 90 })).toMatchObject([{ width: 360, height: 640 }]);
});

it('counts key frames where there are no times', () => {
  const lines = [frame('N/A', 640, 360), frame('N/A', 640, 360), frame('N/A', 360, 640)];
  expect(shapesOf(lines)).toMatchObject([{ seconds: 2 }, { seconds: 1 }]);
});

it('is not confused by other lines and clocks that jump back', () => {
  expect(shapesOf(['', 'side_data|', frame(0, 640, 360, 'N/A'), frame(5, 640, 360), frame(1, 360, 640)])).toEqual([
    { width: 640, height: 360, seconds: 5 },
    { width: 360, height: 640, seconds: 9 },
  ]);
});

it('keeps a bounded number of sizes', () => {
  expect(shapesOf(Array.from({ length: 1000 }, (_, i) => frame(i, 100 + i, 100)))).toHaveLength(32);
});
