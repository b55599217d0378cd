/** The report of the queue benchmark, at most 80 columns wide. Pure. */

import { median } from '../statistics.ts';
import type { Measured } from './measure-backend.ts';

/** The limits on either backend: minimum jobs per second, maximum milliseconds. */
const LIMITS = { together: 500, p50: 10 } as const;

export interface BackendRounds {
  readonly backend: string;
  readonly rounds: readonly Measured[];
}

export interface QueueBenchSetup {
  readonly rounds: number;
  readonly jobs: number;
  readonly producers: number;
  readonly concurrency: number;
  readonly singles: number;
}

/** The medians of the rounds, and whether they are within the limits. */
export function summarize(setup: QueueBenchSetup, measured: readonly BackendRounds[]) {
  const rows = measured.map(({ backend, rounds }) => {
    const middle = (name: keyof Measured, digits: number) =>
      Number(median(rounds.map((round) => round[name])).toFixed(digits));
    const row = {
      backend,
      enqueue: middle('enqueue', 0),
      drain: middle('drain', 0),
      together: middle('together', 0),
      p50: middle('p50', 2),
      p95: middle('p95', 2),
    };
    return { ...row, ok: row.together >= LIMITS.together && row.p50 < LIMITS.p50 };
  });
  return { ...setup, limits: LIMITS, rows, ok: rows.length > 0 && rows.every((row) => row.ok) };
}

/** The same as a table. */
export function renderTable(result: ReturnType<typeof summarize>): string[] {
  const cells = (name: string, ...values: (string | number)[]) =>
    name.padEnd(18) + values.map((value) => String(value).padStart(10)).join('');
  const { jobs, producers, concurrency, singles, rounds } = result;
  return [
    `Jobs that do nothing; medians of ${rounds} alternating rounds.`,
    `${jobs} jobs by ${producers} producers, ${concurrency} at a time; then ${singles} one by one, idle before each.`,
    '',
    `${''.padEnd(18)}${'jobs per second'.padStart(30)}${'enqueue to start, ms'.padStart(26)}`,
    cells('', 'enqueue', 'drain', 'together', 'p50', 'p95'),
    ...result.rows.map((row) =>
      cells(row.backend, row.enqueue, row.drain, row.together, row.p50.toFixed(1), row.p95.toFixed(1)),
    ),
    cells('limit', '', '', `>= ${LIMITS.together}`, `< ${LIMITS.p50}`, ''),
    result.ok ? 'within the limits' : 'LIMIT EXCEEDED',
  ];
}
