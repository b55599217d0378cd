#!/usr/bin/env -S node --
/** `npm run dev`: everything that a developer needs, in one command. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { runDevelopment } from './develop/run-development.ts';

const DEFAULT_DATA = fileURLToPath(new URL('../../../data/dev', import.meta.url));

const options = new Command('dev')
  .description('A local Supabase, a worker, the API and the page, reloaded on change.')
  .configureHelp({ helpWidth: 80 })
  .option('--data <dir>', 'the data folder', DEFAULT_DATA)
  .option('--fresh', 'empty that folder first', false)
  .option('--verbose', "show the worker's and the API's log", false)
  .addHelpText('after', '\nIt runs until Ctrl-C, listens on 127.0.0.1 only, and prints a demo user.\n')
  .parse()
  .opts<{ data: string; fresh: boolean; verbose: boolean }>();

await runDevelopment(options);
