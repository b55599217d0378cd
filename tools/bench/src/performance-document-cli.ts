#!/usr/bin/env -S node --
/** `npm run docs:performance -- result.json …`: README's tables and the chart, of results of `npm run bench -- --json`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { joinResults } from './bench/report/join-results.ts';
import { readResults, writeDocuments } from './bench/report/performance-documents.ts';
import type { BenchResult } from './bench/report/result.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const program = new Command('docs:performance')
  .description(
    'Writes docs/performance.json, docs/performance.svg and the tables of README.md.\n' +
      'Rows of a later file take the place of those of an earlier one; without files,\n' +
      'of docs/performance.json as it is.',
  )
  .argument('[files...]', 'results of `npm run bench -- --json FILE`')
  .option('--add', 'keep the rows that stand there and are not in the files', false)
  .parse();

const files = await Promise.all(
  program.args.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as BenchResult),
);
const kept = files.length === 0 || program.opts<{ add: boolean }>().add ? await readResults(ROOT) : [];
await writeDocuments(ROOT, joinResults([...kept, ...files]));
