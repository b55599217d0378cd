#!/usr/bin/env -S node --
/** `npm run demo`: takes one video through the whole pipeline on this machine, then exits. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { runDemo } from './demo/run-demo.ts';

const program = new Command('demo')
  .description('Starts a local Supabase and a worker, sends a video through the queue, and shows the results.')
  .argument('[file]', 'your video (default: a generated clip)')
  .option('--out <dir>', 'the folder for the results', 'data/demo')
  .option('--json', 'print the result as one JSON object; logs go to stderr', false)
  .option('--verbose', "show the worker's log", false)
  .parse();

const options = program.opts<{ out: string; json: boolean; verbose: boolean }>();
// npm runs scripts in the package's folder; paths are relative to the caller's.
const callerFolder = process.env.INIT_CWD ?? process.cwd();
const file = program.args[0];
await runDemo({
  file: file === undefined ? undefined : resolve(callerFolder, file),
  outDir: resolve(callerFolder, options.out),
  json: options.json,
  verbose: options.verbose,
});
