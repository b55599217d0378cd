#!/usr/bin/env -S node --
/** `npm run bench:media`: what one decode and one MP4 save, against a pass over the source for every output. */
import { Command } from 'commander';
import { runMediaBench } from './bench-media/run-bench.ts';

const options = new Command('bench:media')
  .description('Makes all outputs of a generated clip twice: as the worker does, and each by a pass over the source.')
  .option('--seconds <n>', 'length of the clip, at 1080p30', '60')
  .option('--json', 'print the result as one JSON object', false)
  .parse()
  .opts<{ seconds: string; json: boolean }>();

process.exitCode = await runMediaBench({ seconds: Number(options.seconds), json: options.json });
