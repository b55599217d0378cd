#!/usr/bin/env -S node --
/**
 * `npm run bench:scale`: jobs per second of one to eight worker processes, against linear growth; and one long video that
 * they encode in parts, against one worker.
 */
import { Command } from 'commander';
import { runScaleBench } from './bench-scale/run-bench.ts';

const options = new Command('bench:scale')
  .description(
    'Worker processes with the product’s own consumer on one queue, their encodes\n' +
      'replaced by a sleep of fixed length, on a Redis (if redis-server is installed)\n' +
      'and a PostgreSQL that are started for the run. Compares jobs per second with\n' +
      'linear growth, of which 0.9 must be reached.\n' +
      'Then one long video, which the workers as they are encode in parts: simulated by\n' +
      'an encoder that sleeps, or 20 minutes of 1080p with each worker on a core.',
  )
  .option('--workers <list>', 'numbers of processes', '1,2,4,8')
  .option('--job-ms <n>', 'length of an encode', '400')
  .option('--jobs <n>', 'jobs per worker', '25')
  .option('--rounds <n>', 'how often each is measured', '3')
  .option('--video <kind>', 'one long video: simulated, real or none', 'simulated')
  .option('--only-video', 'leave the short jobs out', false)
  .option('--video-workers <list>', 'numbers of workers; 1 must be first')
  .option('--encode-seconds <n>', 'length of the simulated encode', '240')
  .option('--minutes <n>', 'length of the real video', '20')
  .option('--json', 'print the result as one JSON object', false)
  .parse()
  .opts<
    Record<'workers' | 'jobMs' | 'jobs' | 'rounds' | 'video' | 'encodeSeconds' | 'minutes', string> & {
      json: boolean;
      onlyVideo: boolean;
      videoWorkers?: string;
    }
  >();

const video = {
  simulated: { kind: 'simulated', encodeSeconds: Number(options.encodeSeconds) },
  real: { kind: 'real', minutes: Number(options.minutes) },
  none: undefined,
} as const;
if (!(options.video in video)) throw new Error(`There is no video "${options.video}".`);
const chosen = video[options.video as keyof typeof video];
const videoWorkers = options.videoWorkers ?? (chosen?.kind === 'real' ? '1,2' : '1,2,8');

process.exitCode = await runScaleBench({
  workers: options.workers.split(',').map(Number),
  jobMs: Number(options.jobMs),
  jobsEach: Number(options.jobs),
  rounds: Number(options.rounds),
  isVideoOnly: options.onlyVideo,
  video: chosen && { ...chosen, workers: videoWorkers.split(',').map(Number) },
  json: options.json,
});
process.exit();
