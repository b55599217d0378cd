import { expect, it } from 'vitest';
import { judgeJobs } from './measure-scale.ts';
import { renderScaleTable, summarizeScale } from './report.ts';

const setup = { rounds: 3, jobMs: 400, jobsEach: 25 };
const measured = (jobsPerSecond: number) => ({ jobsPerSecond, leastShare: 1 });
const series = (workers: number, rates: readonly number[]) => ({
  backend: 'Redis 7.0.15',
  workers,
  rounds: rates.map(measured),
});

it('computes rate and share from the jobs of each worker', () => {
  const job = (pid: number, startedAt: number) => ({ pid, videoId: 'v', startedAt, endedAt: startedAt + 500 });
  const done = [job(1, 1000), job(1, 1500), job(1, 2000), job(2, 1000)];
  expect(judgeJobs(done, 2)).toEqual({ jobsPerSecond: 4 / 1.5, leastShare: 0.5 });
  // The third worker got nothing.
  expect(judgeJobs(done, 3).leastShare).toBe(0);
});

it.each([
  [[14.5, 14.4, 1], true, 0.9],
  [[14.3, 14.3, 99], false, 0.894],
])('eight workers at %j jobs per second against one at 2: within the limits is %s', (rates, ok, ofLinear) => {
  const result = summarizeScale(setup, [series(1, [2, 2, 2]), series(8, rates)]);
  expect([result.ok, result.rows[1]?.ofLinear]).toEqual([ok, ofLinear]);
  const lines = renderScaleTable(result);
  expect(lines.at(-1)).toBe(ok ? 'within the limits' : 'LIMIT EXCEEDED');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

it('compares each backend with itself', () => {
  const slow = { ...series(1, [1]), backend: 'PostgreSQL' };
  const result = summarizeScale(setup, [series(1, [2]), slow, { ...series(4, [3.8]), backend: 'PostgreSQL' }]);
  expect(result.rows[2]?.ofLinear).toBe(0.95);
});
