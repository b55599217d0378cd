/** The report of the scaling benchmark, at most 80 columns wide. Pure. */
import { median } from '../statistics.ts';
import type { MeasuredScale } from './measure-scale.ts';

/** The share of linear growth that must be reached with any number of workers. */
const LEAST_OF_LINEAR = 0.9;

export interface ScaleSetup {
  readonly rounds: number;
  readonly jobMs: number;
  readonly jobsEach: number;
}

/** All rounds of one number of workers on one backend. */
export interface ScaleRounds {
  readonly backend: string;
  readonly workers: number;
  readonly rounds: readonly MeasuredScale[];
}

/** Medians, relative to the smallest number of workers on the same backend. */
export function summarizeScale(setup: ScaleSetup, measured: readonly ScaleRounds[]) {
  const rateOf = ({ rounds }: ScaleRounds) => median(rounds.map(({ jobsPerSecond }) => jobsPerSecond));
  const rows = measured.map((series) => {
    const { backend, workers, rounds } = series;
    const base = measured
      .filter((other) => other.backend === backend)
      .reduce((least, other) => (other.workers < least.workers ? other : least), series);
    const ofLinear = rateOf(series) / ((rateOf(base) / base.workers) * workers);
    return {
      backend,
      workers,
      jobsPerSecond: Number(rateOf(series).toFixed(2)),
      ofLinear: Number(ofLinear.toFixed(3)),
      leastShare: Number(median(rounds.map(({ leastShare }) => leastShare)).toFixed(2)),
      ok: ofLinear >= LEAST_OF_LINEAR,
    };
  });
  return { ...setup, leastOfLinear: LEAST_OF_LINEAR, rows, ok: rows.length > 0 && rows.every(({ ok }) => ok) };
}

/** The same as a table. */
export function renderScaleTable(result: ReturnType<typeof summarizeScale>): string[] {
  const cells = (name: string, ...values: readonly string[]) =>
    name.padEnd(18) + values.map((value) => value.padStart(14)).join('');
  const { rounds, jobMs, jobsEach, leastOfLinear } = result;
  return [
    `Worker processes on one queue; an encode is a sleep of ${jobMs} ms.`,
    `${jobsEach} jobs for each worker; medians of ${rounds} alternating rounds.`,
    '',
    cells('', 'workers', 'jobs/s', 'of linear', 'least share'),
    ...result.rows.map((row) =>
      cells(
        row.backend,
        String(row.workers),
        row.jobsPerSecond.toFixed(2),
        row.ofLinear.toFixed(3),
        row.leastShare.toFixed(2),
      ),
    ),
    cells('limit', '', '', `>= ${leastOfLinear}`, ''),
    result.ok ? 'within the limits' : 'LIMIT EXCEEDED',
  ];
}
