#!/usr/bin/env -S node --
/** `npm run chaos:split`: workers are killed at random while they encode one long video in parts. */
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { createRandom } from '@supabase-media/test-support/random';
import { Command } from 'commander';
import { killWorkers } from './bench-split/kill-workers.ts';

const options = new Command('chaos:split')
  .description(
    'One long video for several workers on a local stack; one of them is killed about\n' +
      'every second, and another one started. The video must become ready, with every\n' +
      'frame at its time, and nothing of its parts may be left anywhere.',
  )
  .option('--kills <n>', 'how many', '50')
  .option('--workers <n>', 'how many', '4')
  .option('--seconds <n>', 'length of the video', '480')
  .option('--frame-ms <n>', 'how long the encode of a frame takes', '50')
  .option('--seed <n>', 'of what is random', String(Math.floor(Math.random() * 1e9)))
  .parse()
  .opts<Record<'kills' | 'workers' | 'seconds' | 'frameMs' | 'seed', string>>();

printNotice(`Seed ${options.seed}`);
const result = await killWorkers({
  kills: Number(options.kills),
  workers: Number(options.workers),
  seconds: Number(options.seconds),
  frameMs: Number(options.frameMs),
  random: createRandom(Number(options.seed)),
  say: printNotice,
});
printLine(JSON.stringify(result));
process.exit(result.problems.length === 0 && result.kills >= Number(options.kills) ? 0 : 1);
