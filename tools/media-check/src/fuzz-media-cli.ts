#!/usr/bin/env -S node --
/** `npm run fuzz:media`: odd files, drawn from a seed; none may be lost, stretched, silent or out of step. */
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { printLine } from '@supabase-media/local-stack/stack/output';
import { createProgressBar } from '@supabase-media/worker/cli/progress-bar';
import { Command } from 'commander';
import { findTools } from './find-tools.ts';
import { fuzzMedia } from './fuzz/fuzz-media.ts';
import { renderFuzzed, renderFuzzSummary } from './fuzz/report.ts';

interface Options {
  readonly seed: string;
  readonly index?: string;
  readonly from: string;
  readonly files: string;
  readonly minutes: string;
  readonly ffmpeg: string;
  readonly keep?: string;
  readonly json: boolean;
}

const options = new Command('fuzz:media')
  .description(
    'Makes small files of many kinds and with damaged headers, processes each, and\n' +
      'compares what was made with the file as both ffmpegs decode it.',
  )
  .option('--seed <n>', 'makes the files of an earlier run', String(Date.now() % 1_000_000))
  .option('--index <n>', 'only this file of the seed')
  .option('--from <n>', 'the first file of the seed: to go on with an earlier run', '0')
  .option('--files <n>', 'how many', '300')
  .option('--minutes <n>', 'no file is begun later than this', '60')
  .option('--ffmpeg <which>', 'path, npm, all, or the path of a program', 'all')
  .option('--keep <folder>', 'keep the files with something wrong here')
  .option('--json', 'print the result as one JSON object', false)
  .parse()
  .opts<Options>();

const interrupted = watchStopSignals(() => process.exit(1));

const seed = Number(options.seed);
const hasBar = process.stderr.isTTY === true;
const bar = await createProgressBar({ title: 'Fuzzing', isShown: hasBar });
let wrong = 0;
const fuzzed = await fuzzMedia({
  seed,
  from: Number(options.index ?? options.from),
  files: options.index === undefined ? Number(options.files) : 1,
  endsAtMs: performance.now() + Number(options.minutes) * 60_000,
  tools: await findTools(options.ffmpeg),
  readers: await findTools('all'),
  keep: options.keep,
  signal: interrupted.signal,
  onProgress: (done) => bar.update(done, `${wrong} wrong`),
  onFuzzed: (file) => {
    if (file.verdict === 'wrong') wrong++;
    // Where no bar is drawn, what is wrong is told at once.
    if (!hasBar && !options.json) for (const line of renderFuzzed(file)) printLine(line);
  },
});
bar.stop();
if (options.json) printLine(JSON.stringify({ seed, ok: wrong === 0, fuzzed }));
else {
  if (hasBar) for (const line of fuzzed.flatMap(renderFuzzed)) printLine(line);
  for (const line of renderFuzzSummary(seed, fuzzed)) printLine(line);
}
process.exitCode = wrong === 0 && !interrupted.signal.aborted ? 0 : 1;
