#!/usr/bin/env -S node --
/** `npm run demo`: the whole way of one video on this machine, in one command that ends by itself. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { runDemo } from './demo/run-demo.ts';

const program = new Command('demo')
  .description('Starts a local Supabase and a worker, sends a video through the queue, and shows what came out.')
  .argument('[file]', 'a video of yours (default: a clip made on the spot)')
  .option('--out <dir>', 'the folder for the results', 'data/demo')
  .option('--json', 'print the result as one JSON object; logs go to stderr', false)
  .option('--verbose', "show the worker's log", false)
  .parse();

const options = program.opts<{ out: string; json: boolean; verbose: boolean }>();
// npm runs scripts in the package's folder; paths are meant from where the person stands.
const place = process.env.INIT_CWD ?? process.cwd();
const file = program.args[0];
await runDemo({
  file: file === undefined ? undefined : resolve(place, file),
  outDir: resolve(place, options.out),
  json: options.json,
  verbose: options.verbose,
});
