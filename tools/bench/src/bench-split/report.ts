/** The report of one long video by several workers, at most 80 columns wide. Pure. */
import type { SplitSeries } from './measure-split.ts';

/** The most that the time may be of what one worker takes, by the number of workers. */
const MOST_OF_ONE: Readonly<Record<number, number>> = { 2: 0.58, 8: 0.16 };

export interface SplitRow extends SplitSeries {
  /** Of the time of one worker. */
  readonly ofOne: number;
  readonly most: number | undefined;
  readonly ok: boolean;
}

/** Compares each with one worker, which is to be the first. */
export function summarizeSplit(series: readonly SplitSeries[]): readonly SplitRow[] {
  const one = series.find(({ workers }) => workers === 1)?.seconds ?? Number.NaN;
  return series.map((row) => {
    const ofOne = Number((row.seconds / one).toFixed(3));
    const most = MOST_OF_ONE[row.workers];
    return { ...row, seconds: Number(row.seconds.toFixed(1)), ofOne, most, ok: most === undefined || ofOne <= most };
  });
}

/** The same as a table. */
export function renderSplitTable(rows: readonly SplitRow[], about: string): string[] {
  const cells = (name: string, ...values: readonly string[]) =>
    name.padEnd(18) + values.map((value) => value.padStart(14)).join('');
  return [
    '',
    about,
    '',
    cells('', 'workers', 'seconds', 'of one', 'limit'),
    ...rows.map(({ backend, workers, seconds, ofOne, most }) =>
      cells(backend, String(workers), seconds.toFixed(1), ofOne.toFixed(3), most === undefined ? '' : `<= ${most}`),
    ),
    rows.every(({ ok }) => ok) ? 'within the limits' : 'LIMIT EXCEEDED',
  ];
}
