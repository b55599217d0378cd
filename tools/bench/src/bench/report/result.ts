/** What a run of the benchmark found, in full: `--json`, and what tables and charts are made of. */
import type { Machine } from '../describe-machine.ts';
import type { Outcome } from '../measure/measured.ts';
import type { SmallCosts } from '../measure/small-costs.ts';
import type { ContenderName } from '../rows.ts';
import type { Way } from '../way.ts';

export interface BenchResult {
  /** `2026-11-28`. */
  readonly measuredAt: string;
  readonly machine: Machine;
  /** Its version. */
  readonly ffmpeg: string;
  readonly rounds: number;
  /** To Storage; undefined for that of one machine. */
  readonly way: Way | undefined;
  readonly small: SmallCosts | undefined;
  readonly rows: readonly MeasuredRow[];
}

export interface MeasuredRow {
  readonly name: string;
  readonly about: string;
  readonly most: number | undefined;
  readonly mostOverWay: number | undefined;
  /** Ours first, then what it is compared with. */
  readonly contenders: readonly MeasuredContender[];
}

export interface MeasuredContender {
  readonly name: ContenderName;
  /** One for each round. */
  readonly runs: readonly Outcome[];
}
