#!/usr/bin/env -S node --
/** `npm run bench:scale`: jobs per second of one to eight worker processes, against linear growth. */
import { Command } from 'commander';
import { runScaleBench } from './bench-scale/run-bench.ts';

const options = new Command('bench:scale')
  .description(
    'Worker processes with the product’s own consumer on one queue, their encodes\n' +
      'replaced by a sleep of fixed length, on a Redis (if redis-server is installed)\n' +
      'and a PostgreSQL that are started for the run. Compares jobs per second with\n' +
      'linear growth, of which 0.9 must be reached.',
  )
  .option('--workers <list>', 'numbers of processes', '1,2,4,8')
  .option('--job-ms <n>', 'length of an encode', '400')
  .option('--jobs <n>', 'jobs per worker', '25')
  .option('--rounds <n>', 'how often each is measured', '3')
  .option('--json', 'print the result as one JSON object', false)
  .parse()
  .opts<Record<'workers' | 'jobMs' | 'jobs' | 'rounds', string> & { json: boolean }>();

process.exitCode = await runScaleBench({
  workers: options.workers.split(',').map(Number),
  jobMs: Number(options.jobMs),
  jobsEach: Number(options.jobs),
  rounds: Number(options.rounds),
  json: options.json,
});
process.exit();
