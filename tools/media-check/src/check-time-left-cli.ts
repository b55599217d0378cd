#!/usr/bin/env -S node --
/** `npm run check:time-left`: whether what is said about the time left is true, for every file of a folder. */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { printLine } from '@supabase-media/local-stack/stack/output';
import { Command } from 'commander';
import { findTools } from './find-tools.ts';
import { measureTimeLeft } from './time-left/measure-time-left.ts';

/** What is said may be so many times the truth, or a part of it. */
const FACTOR_MAX = 1.5;

const options = new Command('check:time-left')
  .description(
    'Processes every file of a folder. "off by" is the largest factor between the time left that ' +
      'was shown and the true one; "from" the part of the time after which one was shown.',
  )
  .requiredOption('--corpus <folder>', 'the files')
  .option('--only <names>', 'these files, separated by commas', '')
  .option('--shortest <seconds>', 'leave out what is done sooner: that is over before it is read', Number, 5)
  .option('--ffmpeg <which>', 'path, npm, or the path of a program', 'path')
  .parse()
  .opts<{ corpus: string; only: string; shortest: number; ffmpeg: string }>();

const { signal } = watchStopSignals(() => process.exit(1));
const [tools] = await findTools(options.ffmpeg);
if (tools === undefined) throw new Error('There is no ffmpeg.');
const only = options.only.split(',').filter((name) => name !== '');
const names = (await readdir(options.corpus, { withFileTypes: true })).filter((entry) => entry.isFile());
let [wrong, judged] = [0, 0];
printLine('   took   from  off by  file');
for (const { name } of names) {
  if (signal.aborted || (only.length > 0 && !only.includes(name))) continue;
  const path = resolve(options.corpus, name);
  // What cannot be processed at all is another tool's to judge: check:media.
  const figures = await measureTimeLeft({ path, tools, signal }).catch(() => undefined);
  if (figures === undefined || figures.seconds < options.shortest) continue;
  const { seconds, toldFrom, worst, worstAt, isSteady } = figures;
  const isWrong = worst > FACTOR_MAX || !isSteady;
  judged += 1;
  wrong += isWrong ? 1 : 0;
  const said = worstAt === undefined ? '' : ` (at ${worstAt.atSeconds.toFixed(1)} s, in ${worstAt.step})`;
  const row = [`${seconds.toFixed(1)} s`.padStart(8), toldFrom.toFixed(2).padStart(5), worst.toFixed(2).padStart(6)];
  printLine(`${row.join(' ')}  ${name}${isWrong ? `  WRONG${said}` : ''}${isSteady ? '' : ', percentage fell'}`);
}
printLine(`${judged} files, ${wrong} with a time left that was not true`);
process.exitCode = wrong === 0 && !signal.aborted ? 0 : 1;
