import { describe, expect, it } from 'vitest';
import { readTimes } from './contenders.ts';
import { JOB_CASES } from './job-cases.ts';
import { renderJobs, summarizeJobs } from './report.ts';

const run = (seconds: number, mb = 120) => ({
  seconds,
  cpuSeconds: seconds * 1.5,
  peakMb: new Map([
    ['node', mb],
    ['ffmpeg', 300],
  ]),
});
const [job] = JOB_CASES;
if (job === undefined) throw new Error('no case');
const setup = { rounds: 3, roundTripMs: undefined, idleMb: 90 };

describe('the report of whole jobs', () => {
  it('compares runs of the same round', () => {
    const report = summarizeJobs(
      [{ job, worker: [run(9), run(20), run(10)], script: [run(10), run(40), run(20)] }],
      setup,
    );
    expect(report.rows[0]).toMatchObject({ ratio: 0.5, seconds: { worker: 10, script: 20 }, ok: true });
    expect(report.ok).toBe(true);
  });

  it('is not kept when it is slower, or takes more memory', () => {
    const slow = summarizeJobs([{ job, worker: [run(10)], script: [run(10)] }], setup);
    const large = summarizeJobs([{ job, worker: [run(5, 191)], script: [run(10)] }], setup);
    expect([slow.ok, large.ok]).toEqual([false, false]);
    expect(renderJobs(slow).at(-1)).toMatch(/NOT KEPT$/);
  });

  it('fits 80 columns', () => {
    const measured = JOB_CASES.map((one) => ({ job: one, worker: [run(1234.5, 190)], script: [run(1234.5)] }));
    for (const line of renderJobs(summarizeJobs(measured, { ...setup, roundTripMs: 40 })))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('reads what a shell says of its children', () => {
    expect(readTimes('0m0.00s 0m0.01s\n1m2.50s 0m3.25s\n')).toBe(65.75);
  });
});
