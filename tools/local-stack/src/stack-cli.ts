#!/usr/bin/env -S node --
/**
 * `npm run stack`: the local stack on the command line.
 *
 * Start it as `node -- stack-cli.js`: without the dashes Node 20 takes --env-file as its own option.
 */
import { readOptions } from './cli/read-options.ts';
import { runStack } from './cli/run-stack.ts';

await runStack(readOptions(process.argv));
