import { expect, it } from 'vitest';
import { median, percentile } from '../statistics.ts';
import { renderTable, summarize } from './report.ts';

const setup = { rounds: 3, jobs: 2000, producers: 4, concurrency: 16, singles: 100 };
const measured = (together: number, p50: number) => ({ enqueue: 9000, drain: 8000, together, p50, p95: p50 * 2 });

it('computes medians and percentiles', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(percentile([5, 1, 2, 4, 3], 0.5)).toBe(3);
  expect(percentile([5, 1, 2, 4, 3], 0.95)).toBe(5);
});

it.each([
  [500, 9.9, true],
  [499, 9.9, false],
  [500, 10, false],
])('%i jobs per second and %f ms: within the limits is %s', (together, p50, ok) => {
  const result = summarize(setup, [
    { backend: 'Redis 7.0.15', rounds: [measured(together, p50), measured(together, p50), measured(1, 900)] },
  ]);
  expect(result.ok).toBe(ok);
  const lines = renderTable(result);
  expect(lines.at(-1)).toBe(ok ? 'within the limits' : 'LIMIT EXCEEDED');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});
