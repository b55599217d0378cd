#!/usr/bin/env -S node --
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
/** `npm run bench`: whole jobs, our worker against the shell script that one would write instead. */
import { Command } from 'commander';
import { JOB_CASES } from './bench-jobs/job-cases.ts';
import { renderJobs } from './bench-jobs/report.ts';
import { benchJobs } from './bench-jobs/run-bench.ts';

const program = new Command('bench')
  .description(
    'Runs whole jobs, from the source in Storage to all results in Storage, by a\n' +
      'worker and by a shell script of the same steps (curl, the ffmpeg commands of\n' +
      '`media process --explain`, curl), in turns, on a local stack of its own.',
  )
  .option('--jobs <names>', `comma-separated: ${JOB_CASES.map(({ name }) => name).join(', ')}`)
  .option('--rounds <n>', 'how often each does each job', '3')
  .option('--round-trip <ms>', 'lengthen the way to Storage, in milliseconds')
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', `\nJobs:\n${JOB_CASES.map(({ name, about }) => `  ${name.padEnd(6)}${about}`).join('\n')}`)
  .parse();

const options = program.opts<{ jobs?: string; rounds: string; roundTrip?: string; json: boolean }>();
const wanted = options.jobs?.split(',');
const report = await benchJobs({
  jobs: JOB_CASES.filter(({ name }) => wanted?.includes(name) ?? true),
  rounds: Number(options.rounds),
  roundTripMs: options.roundTrip === undefined ? undefined : Number(options.roundTrip),
  say: printNotice,
});
if (options.json) printLine(JSON.stringify(report));
else for (const line of renderJobs(report)) printLine(line);
process.exit(report.ok ? 0 : 1);
