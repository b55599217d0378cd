import { expect, it } from 'vitest';
import { renderSplitTable, summarizeSplit } from './report.ts';

const series = (workers: number, seconds: number) => ({ backend: 'Redis 7.0.15', workers, seconds, parts: workers });

it.each([
  [[57, 16], true],
  [[59, 16], false],
  [[57, 17], false],
])('two and eight workers in %j s, one in 100: within the limits is %s', ([two = 0, eight = 0], ok) => {
  const rows = summarizeSplit([series(1, 100), series(2, two), series(8, eight)]);
  expect(rows.map(({ ofOne }) => ofOne)).toEqual([1, two / 100, eight / 100]);
  const lines = renderSplitTable(rows, 'One long video.');
  expect(lines.at(-1)).toBe(ok ? 'within the limits' : 'LIMIT EXCEEDED');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});
