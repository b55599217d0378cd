#!/usr/bin/env -S node --
/** `npm run bench:queue`: jobs per second and time to start, on both of the queue's backends. */
import { Command } from 'commander';
import { runQueueBench } from './bench-queue/run-bench.ts';

const options = new Command('bench:queue')
  .description(
    'Enqueues and takes jobs that do nothing, through the same client and consumer as\n' +
      'the product, on a Redis (if redis-server is installed) and a PostgreSQL that are\n' +
      'started for the run.',
  )
  .option('--jobs <n>', 'jobs of each measurement', '2000')
  .option('--producers <n>', 'connections that enqueue', '4')
  .option('--concurrency <n>', 'jobs at a time in the one consumer', '16')
  .option('--singles <n>', 'jobs enqueued one by one for the latency', '100')
  .option('--rounds <n>', 'how often each backend is measured', '3')
  .option('--json', 'print the result as one JSON object', false)
  .parse()
  .opts<Record<'jobs' | 'producers' | 'concurrency' | 'singles' | 'rounds', string> & { json: boolean }>();

process.exitCode = await runQueueBench({
  jobs: Number(options.jobs),
  producers: Number(options.producers),
  concurrency: Number(options.concurrency),
  singles: Number(options.singles),
  rounds: Number(options.rounds),
  json: options.json,
});
process.exit();
