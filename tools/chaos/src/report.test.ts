import { expect, it } from 'vitest';
import { newRecord } from './inject-fault.ts';
import { renderReport, toJson } from './report.ts';
import type { PlayedRun } from './run-scenario.ts';

const played = (problems: readonly string[]): PlayedRun => ({
  backend: 'Redis 7.0.15',
  hasSharedWorkDir: true,
  seconds: 12.3,
  record: newRecord(),
  findings: {
    made: [],
    videosReady: 20,
    videosReadyAgain: 0,
    jobs: { completed: 20 },
    attemptsSpent: 0,
    starts: 71,
    objects: 340,
    objectsEqual: 340,
    leftAtFirst: 1,
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
  runs: [played([]), played(problems), { ...played([]), backend: 'PostgreSQL' }],
});

it('fits 80 columns, and says the seed that repeats a run that went wrong', () => {
  const good = renderReport(report([]));
  expect(good.at(-1)).toBe('kept');
  const bad = renderReport(report([`video 3-large.mp4 is failed (job_abandoned): ${'again and '.repeat(20)}`]));
  expect(bad.at(-1)).toContain('--seed 42');
  for (const line of [...good, ...bad]) expect(line.length).toBeLessThanOrEqual(80);
});

it('is JSON without what is only for comparing', () => {
  expect(JSON.parse(toJson(report([])))).toMatchObject({ seed: 42, ok: true });
  expect(JSON.parse(toJson(report(['x'])))).toMatchObject({ ok: false });
  expect(toJson(report([]))).not.toContain('orphans');
});
