#!/usr/bin/env -S node --
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
/** `npm run bench:upload`: compares our uploader with common clients, in one run on one machine. */
import { Command } from 'commander';
import { benchUploads } from './bench-upload/bench-uploads.ts';
import { formatTable } from './bench-upload/format-table.ts';

const program = new Command('bench:upload')
  .description(
    'Uploads files of several sizes with several clients, in turns, each as a process\n' +
      'of its own, and prints the medians. Against the Storage that SUPABASE_URL and\n' +
      'SUPABASE_SERVICE_ROLE_KEY name, else a local stack started for the run.',
  )
  .option('--sizes <mb>', 'in MB (1000000 bytes), comma-separated', '79,500,2000')
  .option('--rounds <n>', 'how often each client uploads each size', '3')
  .option('--clients <names>', 'only these, comma-separated (curl, alone and with md5sum, always)')
  .option('--round-trip <ms>', 'lengthen the way to a Storage of this machine, in milliseconds')
  .option('--json', 'print one JSON object', false)
  .parse();

const options = program.opts<{ sizes: string; rounds: string; clients?: string; roundTrip?: string; json: boolean }>();
const report = await benchUploads({
  sizes: options.sizes.split(',').map((size) => Number(size) * 1_000_000),
  rounds: Number(options.rounds),
  only: options.clients?.split(','),
  roundTripMs: options.roundTrip === undefined ? undefined : Number(options.roundTrip),
  environment: process.env,
  say: printNotice,
});
if (options.json) printLine(JSON.stringify(report));
else for (const line of formatTable(report)) printLine(line);
process.exit();
