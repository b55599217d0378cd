/** Medians and ratios of what was measured, and whether the limits are kept. Pure. */
import { median } from '../../statistics.ts';
import type { Measured, Outcome, Wire } from '../measure/measured.ts';
import type { SmallCosts } from '../measure/small-costs.ts';
import type { ContenderName } from '../rows.ts';
import type { BenchResult, MeasuredRow } from './result.ts';

/** What a worker may have beyond an idle one, its children aside, in MB. */
const MOST_ABOVE_IDLE_MB = 100;

/** What an idle worker and an app that enqueues may cost. */
export const SMALL_LIMITS: SmallCosts = { readySeconds: 1, idleMb: 110, importMs: 150 };

export interface SummaryRow {
  readonly name: string;
  readonly about: string;
  readonly most: number | undefined;
  readonly cells: readonly Cell[];
  /** Whether ours kept its limits. */
  readonly ok: boolean;
}

/** One contender's medians; of memory the most of all rounds. */
export type Cell = { readonly name: ContenderName } & (CellFigures | { readonly failed: string });

export interface CellFigures extends Measured, Wire {
  /** Relative to the baseline of the same round. */
  readonly ratio: number;
}

export const isMeasured = (cell: Cell): cell is Cell & CellFigures => !('failed' in cell);

function summarizeRow(row: MeasuredRow, { way, small }: Pick<BenchResult, 'way' | 'small'>): SummaryRow {
  const [, baseline] = row.contenders;
  const cells = row.contenders.map(({ name, runs }): Cell => summarizeRuns(name, runs, baseline?.runs ?? []));
  const most = way === undefined ? row.most : row.mostOverWay;
  const [ours] = cells;
  const isWithin = ours !== undefined && isMeasured(ours) && ours.ratio <= (most ?? Number.POSITIVE_INFINITY);
  const peak = ours !== undefined && isMeasured(ours) ? (ours.peakMb.node ?? 0) : 0;
  const isSmall = small === undefined || peak - small.idleMb <= MOST_ABOVE_IDLE_MB;
  return { name: row.name, about: row.about, most, cells, ok: isWithin && isSmall };
}

function summarizeRuns(name: ContenderName, runs: readonly Outcome[], baseline: readonly Outcome[]): Cell {
  const failure = runs.find((run) => 'failed' in run);
  if (failure !== undefined && 'failed' in failure) return { name, failed: failure.failed };
  const good = runs.filter((run): run is Measured & Wire => !('failed' in run));
  const ratios = good.flatMap((run, round) => {
    const other = baseline[round];
    return other === undefined || 'failed' in other ? [] : [run.seconds / other.seconds];
  });
  const middle = (of: (run: Measured & Wire) => number) => median(good.map(of));
  const programs = [...new Set(good.flatMap(({ peakMb }) => Object.keys(peakMb)))];
  return {
    name,
    ratio: median(ratios),
    seconds: middle(({ seconds }) => seconds),
    cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
    peakMb: Object.fromEntries(
      programs.map((program) => [program, Math.max(...good.map(({ peakMb }) => peakMb[program] ?? 0))]),
    ),
    togetherMb: Math.max(...good.map(({ togetherMb }) => togetherMb)),
    children: middle(({ children }) => children),
    sentBytes: middle(({ sentBytes }) => sentBytes),
    receivedBytes: middle(({ receivedBytes }) => receivedBytes),
    storageRequests: middle(({ storageRequests }) => storageRequests),
    otherRequests: middle(({ otherRequests }) => otherRequests),
  };
}

const areSmall = (small: SmallCosts | undefined): boolean =>
  small === undefined ||
  (['readySeconds', 'idleMb', 'importMs'] as const).every((cost) => small[cost] <= SMALL_LIMITS[cost]);

/** All rows, and whether every limit is kept. */
export function summarize(result: BenchResult): { readonly rows: readonly SummaryRow[]; readonly ok: boolean } {
  const rows = result.rows.map((row) => summarizeRow(row, result));
  return { rows, ok: rows.every(({ ok }) => ok) && areSmall(result.small) };
}
