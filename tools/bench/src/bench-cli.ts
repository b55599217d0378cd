#!/usr/bin/env -S node --
/** `npm run bench`: our worker against what one would write instead. */
import { writeFile } from 'node:fs/promises';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { Command, InvalidArgumentError } from 'commander';
import { renderChart } from './bench/report/render-chart.ts';
import { renderTable } from './bench/report/render-table.ts';
import type { BenchResult } from './bench/report/result.ts';
import { summarize } from './bench/report/summarize.ts';
import { ROWS, type Row } from './bench/rows.ts';
import { runBench } from './bench/run-bench.ts';
import { parseWay, type Way } from './bench/way.ts';

/** Not a row of work: what a worker costs that has none. */
const SMALL = 'small';

function parseJobs(text: string): readonly string[] {
  const names = text.split(',');
  const unknown = names.filter((name) => name !== SMALL && !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) throw new InvalidArgumentError(`There is no ${unknown.join(', ')}.`);
  return names;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return count;
}

const program = new Command('bench')
  .description(
    'Does the same work by our worker and by what one would write instead: a shell\n' +
      'script (curl, the ffmpeg commands of `media process --explain`, curl), and a\n' +
      'worker of BullMQ, fluent-ffmpeg and supabase-js. In turns, on a local stack of\n' +
      'its own. Linux.',
  )
  .option('--jobs <names>', 'comma-separated, of the list below', parseJobs)
  .option('--rounds <n>', 'how often each does each job', parseCount, 2)
  .option('--contenders <names>', "comma-separated; a job's first two always")
  .option('--way <way>', 'a longer way to Storage: 40ms or 40ms,100mbit', parseWay)
  .option('--seconds <n>', 'length of videos that are encoded, for a trial', parseCount)
  .option('--megabytes <n>', 'size of files that are copied, from 61, for a trial', parseCount)
  .option('--json <file>', 'write all figures to a file')
  .option('--svg <file>', 'draw whole jobs as a chart')
  .addHelpText(
    'after',
    `\nJobs (* unless others are chosen):\n${[
      ...ROWS,
      { name: SMALL, about: 'start, memory and import of a worker that does nothing', isDefault: true },
    ]
      .map(({ name, about, isDefault }) => `${isDefault ? ' *' : '  '} ${name.padEnd(10)}${about}`)
      .join('\n')}`,
  )
  .parse();

const options = program.opts<{
  jobs?: readonly string[];
  rounds: number;
  contenders?: string;
  way?: Way;
  seconds?: number;
  megabytes?: number;
  json?: string;
  svg?: string;
}>();

const { jobs, seconds, megabytes } = options;
function shorten(row: Row): Row {
  const { source } = row;
  if (source.kind === 'encode' && seconds !== undefined)
    return { ...row, about: `${row.name}, tried with ${seconds} s`, source: { kind: 'encode', seconds } };
  if (source.kind === 'web-ready' && megabytes !== undefined)
    return {
      ...row,
      about: `${row.name}, tried with ${megabytes} MB`,
      source: { kind: 'web-ready', bytes: megabytes * 1e6 },
    };
  return row;
}

const save = async (soFar: BenchResult) => {
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(soFar, null, 1)}\n`);
};

const result = await runBench({
  rows: ROWS.filter(({ name, isDefault }) => jobs?.includes(name) ?? isDefault).map(shorten),
  withSmallCosts: jobs?.includes(SMALL) ?? true,
  rounds: options.rounds,
  only: options.contenders?.split(','),
  way: options.way,
  say: printNotice,
  onRow: save,
});
await save(result);
if (options.svg !== undefined) await writeFile(options.svg, renderChart([result]));
for (const line of renderTable(result)) printLine(line);
process.exit(summarize(result).ok ? 0 : 1);
