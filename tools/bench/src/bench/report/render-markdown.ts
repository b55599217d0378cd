/** The tables of README. Pure. */
import { describeWay } from '../way.ts';
import type { BenchResult } from './result.ts';
import { type Cell, isMeasured, type SummaryRow, summarize } from './summarize.ts';

/** Of all results: whole jobs side by side, the rest below, and what it was measured on. */
export function renderMarkdown(results: readonly BenchResult[]): string {
  const rows = results.flatMap((result) =>
    summarize(result).rows.map((row) => ({
      ...row,
      about: result.way === undefined ? row.about : `${row.about}, ${describeWay(result.way)}`,
    })),
  );
  const whole = rows.filter(({ cells }) => cells[0]?.name === 'worker' && cells[1]?.name === 'script');
  const others = rows.filter((row) => !whole.includes(row));
  const parts = [
    whole.length === 0
      ? []
      : table(['', 'worker', 'script', 'usual worker', 'ratio', 'processor', 'memory'], whole.map(wholeRow)),
    others.length === 0 ? [] : table(['', 'ours', 'compared with', 'ratio', 'others'], others.map(otherRow)),
    [describeRuns(results)],
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function wholeRow({ about, cells }: SummaryRow): string[] {
  const [worker, script, usual] = cells;
  const both = worker && script && isMeasured(worker) && isMeasured(script) ? { worker, script } : undefined;
  const usualMb = usual && isMeasured(usual) ? `, ${ownMb(usual)}` : '';
  return [
    about,
    ...[worker, script, usual].map((cell) => (cell === undefined ? '' : secondsOf(cell))),
    both === undefined ? '' : `**${both.worker.ratio.toFixed(2)}**`,
    both === undefined ? '' : `${(both.worker.cpuSeconds / both.script.cpuSeconds).toFixed(2)}`,
    worker === undefined ? '' : `${ownMb(worker)}${usualMb} MB`,
  ];
}

function otherRow({ about, cells }: SummaryRow): string[] {
  const [ours, baseline, ...others] = cells;
  return [
    about,
    named(ours),
    named(baseline),
    ours && isMeasured(ours) ? `**${ours.ratio.toFixed(2)}**` : '',
    others.map(named).join('; '),
  ];
}

/** Of the Node process alone. */
const ownMb = (cell: Cell): string => (isMeasured(cell) ? (cell.peakMb.node ?? 0).toFixed(0) : '');

const named = (cell: Cell | undefined): string => (cell === undefined ? '' : `\`${cell.name}\` ${secondsOf(cell)}`);

function secondsOf(cell: Cell): string {
  if (!isMeasured(cell)) return `could not: ${cell.failed.replaceAll('|', '/').slice(0, 60)}`;
  return `${cell.seconds.toFixed(cell.seconds < 10 ? 2 : 1)} s`;
}

function describeRuns(results: readonly BenchResult[]): string {
  const lines = results.map(({ measuredAt, machine, ffmpeg, rounds, way }) => {
    const where = `${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, Node ${machine.node}, ffmpeg ${ffmpeg}`;
    return `${describeWay(way)}: ${measuredAt}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${where}`;
  });
  const small = results.find((result) => result.small !== undefined)?.small;
  const idle =
    small === undefined
      ? ''
      : ` A worker is ready after ${small.readySeconds.toFixed(1)} s and has ${small.idleMb.toFixed(0)} MB while it ` +
        `waits; importing the client takes ${small.importMs.toFixed(0)} ms.`;
  return `Measured: ${[...new Set(lines)].join('; ')}.${idle}`;
}

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [header, header.map((_, at) => (at === 0 ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
