/** The result for people, at most 80 columns wide. Pure. */
import { describeWay } from '../way.ts';
import type { BenchResult } from './result.ts';
import { isMeasured, SMALL_LIMITS, type SummaryRow, summarize } from './summarize.ts';

const NAME_WIDTH = 23;
const HEADER = ['seconds', 'ratio', 'CPU s', 'MB', 'in all', 'wire MB', 'requests', 'proc'] as const;
const WIDTHS = [8, 6, 7, 6, 7, 8, 9, 5] as const;

export function renderTable(result: BenchResult): string[] {
  const { rows, ok } = summarize(result);
  const { small } = result;
  const lines = [
    `Medians of ${result.rounds} alternating rounds, ${describeWay(result.way)}. MB: its own`,
    'process at its highest; in all: with its children, at once. Requests: to',
    'Storage + to the rest. proc: processes that it started. Ratio: to the second',
    'line of the same round.',
    '',
    `${''.padEnd(NAME_WIDTH)}${columns(HEADER)}`,
    ...rows.flatMap(renderRow),
  ];
  if (small !== undefined)
    lines.push(
      `worker: ready after ${small.readySeconds.toFixed(2)} s (limit ${SMALL_LIMITS.readySeconds}), idle ` +
        `${small.idleMb.toFixed(0)} MB (${SMALL_LIMITS.idleMb})`,
      `import of the client: ${small.importMs.toFixed(0)} ms (limit ${SMALL_LIMITS.importMs})`,
    );
  return [...lines, ok ? 'limits: kept' : 'limits: NOT KEPT'];
}

function renderRow({ about, most, cells, ok }: SummaryRow): string[] {
  const limit = most === undefined ? '' : ` (limit ${most.toFixed(2)}${ok ? '' : ', NOT KEPT'})`;
  const lines = cells.map((cell) => {
    const name = `  ${cell.name}`.padEnd(NAME_WIDTH);
    if (!isMeasured(cell)) return `${name}${cell.failed}`.slice(0, 80);
    const own = cell.peakMb.node ?? cell.peakMb.curl ?? Math.max(0, ...Object.values(cell.peakMb));
    return (
      name +
      columns([
        cell.seconds.toFixed(cell.seconds < 10 ? 2 : 1),
        cell.ratio.toFixed(2),
        cell.cpuSeconds.toFixed(1),
        own.toFixed(0),
        cell.togetherMb.toFixed(0),
        ((cell.sentBytes + cell.receivedBytes) / 1e6).toFixed(1),
        `${cell.storageRequests}+${cell.otherRequests}`,
        cell.children.toFixed(0),
      ])
    );
  });
  return [`${about}${limit}`, ...lines];
}

const columns = (values: readonly string[]): string =>
  values.map((value, at) => value.padStart(WIDTHS[at] ?? 0)).join('');
