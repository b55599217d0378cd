/** A chart of whole jobs for people: bars as long as the time relative to the script, in the colours of the reader's scheme. Pure. */
import { describeWay } from '../way.ts';
import type { BenchResult } from './result.ts';
import { type Cell, isMeasured, type SummaryRow, summarize } from './summarize.ts';

const WIDTH = 640;
const MARGIN = 20;
/** Names stand left of the bars, values right of them. */
const BARS_AT = 132;
const VALUE_WIDTH = 132;
const BARS_WIDTH = WIDTH - BARS_AT - VALUE_WIDTH - MARGIN;
const TOP = 62;
const BAR = 16;
const LINE = 22;
const TITLE = 26;
const GAP = 16;

/** Text keeps its contrast on either ground, because the ground is drawn too: not every page follows the scheme. */
const STYLE = `
.ground{fill:#fff;stroke:#d0d7de}.text{fill:#1f2328}.quiet{fill:#59636e}.line{stroke:#59636e}
.bar0{fill:#0969da}.bar1{fill:#818b98}.bar2{fill:#bf8700}
@media (prefers-color-scheme:dark){
.ground{fill:#0d1117;stroke:#3d444d}.text{fill:#f0f6fc}.quiet{fill:#9198a1}.line{stroke:#9198a1}
.bar0{fill:#4493f8}.bar1{fill:#656c76}.bar2{fill:#d29922}}
text{font:14px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.title{font-weight:600}`.trim();

/** Rows that worker, script and usual worker have done, of all results. */
export function renderChart(results: readonly BenchResult[]): string {
  const groups = results.flatMap((result) =>
    summarize(result)
      .rows.filter(isWholeJob)
      .map((row) => ({ row, away: result.way === undefined ? '' : `, ${describeWay(result.way)}` })),
  );
  const longest = Math.max(
    1,
    ...groups.flatMap(({ row }) => row.cells.map((cell) => (isMeasured(cell) ? cell.ratio : 0))),
  );
  const perRatio = BARS_WIDTH / longest;
  const parts: string[] = [];
  let top = TOP;
  for (const { row, away } of groups) {
    parts.push(text(MARGIN, top + 14, `${row.about}${away}`, 'text title'));
    top += TITLE;
    const bottom = top + row.cells.length * LINE - (LINE - BAR);
    for (const [at, cell] of row.cells.entries()) parts.push(...renderBar(cell, at, top + at * LINE, perRatio));
    const line = BARS_AT + perRatio;
    parts.push(`<path class="line" stroke-dasharray="2 3" d="M${number(line)} ${top - 4}V${bottom + 4}"/>`);
    top = bottom + GAP;
  }
  const height = top + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t">`,
    '<title id="t">Time of whole jobs: the worker, a shell script and the usual worker</title>',
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    text(MARGIN, 28, 'Time of a whole job, from Storage to Storage', 'text title'),
    text(MARGIN, 47, 'Shorter is better. Dotted: the shell script that one would write instead.', 'quiet'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const isWholeJob = ({ cells }: SummaryRow): boolean => cells[0]?.name === 'worker' && cells[1]?.name === 'script';

function renderBar(cell: Cell, at: number, top: number, perRatio: number): string[] {
  const label = text(MARGIN, top + 13, cell.name, 'text');
  if (!isMeasured(cell)) return [label, text(BARS_AT, top + 13, 'could not do it', 'quiet')];
  const width = Math.max(1, cell.ratio * perRatio);
  const seconds = `${cell.seconds.toFixed(cell.seconds < 10 ? 1 : 0)} s`;
  return [
    label,
    `<rect class="bar${at}" x="${BARS_AT}" y="${top}" width="${number(width)}" height="${BAR}" rx="2"/>`,
    text(BARS_AT + width + 8, top + 13, at === 1 ? seconds : `${seconds} (${cell.ratio.toFixed(2)} ×)`, 'text'),
  ];
}

const number = (value: number): string => String(Math.round(value * 10) / 10);

const text = (x: number, y: number, words: string, kind: string): string =>
  `<text class="${kind}" x="${number(x)}" y="${y}">${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
