/** Several runs of the benchmark as one. Pure. */
import type { BenchResult, MeasuredRow } from './result.ts';

/** Rows of a later result take the place of those of the same name and way; others are added. */
export function joinResults(results: readonly BenchResult[]): readonly BenchResult[] {
  const joined = new Map<string, BenchResult>();
  for (const result of results) {
    const key = JSON.stringify(result.way ?? null);
    const earlier = joined.get(key);
    joined.set(key, earlier === undefined ? result : joinTwo(earlier, result));
  }
  return [...joined.values()];
}

function joinTwo(earlier: BenchResult, later: BenchResult): BenchResult {
  const rows = new Map<string, MeasuredRow>(earlier.rows.map((row) => [row.name, row]));
  for (const row of later.rows) rows.set(row.name, row);
  return { ...later, small: later.small ?? earlier.small, rows: [...rows.values()] };
}
