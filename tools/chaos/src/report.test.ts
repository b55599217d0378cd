import { expect, it } from 'vitest';
import { newRecord } from './inject-fault.ts';
import { renderReport, toJson } from './report.ts';
import type { ScenarioResult } from './run-scenario.ts';

const runResult = (problems: readonly string[]): ScenarioResult => ({
  backend: 'Redis 7.0.15',
  hasSharedWorkDir: true,
  seconds: 12.3,
  record: newRecord(),
  findings: {
    produced: [],
    videosReady: 20,
    videosReadyAgain: 0,
    jobs: { completed: 20 },
    attemptsSpent: 0,
    starts: 71,
    objects: 340,
    objectsEqual: 340,
    leftAtStop: 1,
    leftDirectories: 0,
    leftUploads: 0,
    leftProcesses: 0,
    problems,
  },
});
const report = (problems: readonly string[]) => ({
  seed: 42,
  videos: 20,
  workers: 2,
  runs: [runResult([]), runResult(problems), { ...runResult([]), backend: 'PostgreSQL' }],
});

it('fits 80 columns, and names the seed that repeats a failed run', () => {
  const good = renderReport(report([]));
  expect(good.at(-1)).toBe('passed');
  const bad = renderReport(report([`video 3-large.mp4 is failed (job_abandoned): ${'again and '.repeat(20)}`]));
  expect(bad.at(-1)).toContain('--seed 42');
  for (const line of [...good, ...bad]) expect(line.length).toBeLessThanOrEqual(80);
});

it('omits internal data from the JSON', () => {
  expect(JSON.parse(toJson(report([])))).toMatchObject({ seed: 42, ok: true });
  expect(JSON.parse(toJson(report(['x'])))).toMatchObject({ ok: false });
  expect(toJson(report([]))).not.toContain('orphans');
});
