#!/usr/bin/env -S node --
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { findRedisVersion } from '@supabase-media/local-stack/redis/redis-server';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
/** `npm run test:chaos`: kills, freezes and starves workers at seeded times; nothing may be lost or done twice. */
import { Command, Option } from 'commander';
import type { BackendKind } from './queue-server.ts';
import { hasPassed, renderReport, toJson } from './report.ts';
import { runChaos } from './run-chaos.ts';
import type { ChaosCounts } from './schedule.ts';
import { WORKER_CLI } from './worker-process.ts';

/** The size of a full and of a short run. */
const SIZES: Readonly<Record<'full' | 'short', { readonly videos: number; readonly counts: ChaosCounts }>> = {
  full: { videos: 20, counts: { kill: 50, terminate: 8, freeze: 3, queue: 3, supabase: 3, disk: 2 } },
  short: { videos: 5, counts: { kill: 5, terminate: 2, freeze: 1, queue: 1, supabase: 1, disk: 1 } },
};

interface ChaosOptions {
  readonly short: boolean;
  readonly seed: string;
  readonly videos?: string;
  readonly kills?: string;
  readonly workers: string;
  readonly backend?: BackendKind;
  readonly parallel: boolean;
  readonly minutes: string;
  readonly workerCli: string;
  readonly keep: boolean;
  readonly json: boolean;
}

const options = new Command('test:chaos')
  .description(
    'Runs videos through real worker processes on both backends, while workers are\n' +
      'killed, stopped and frozen, and servers and the disk fail, at times drawn from the\n' +
      'seed. In the end every video must be ready once, with the objects of an\n' +
      'undisturbed run, and nothing else may be left over.',
  )
  .option('--short', 'a small run, for CI', false)
  .option('--seed <n>', 'repeats the faults of an earlier run', String(Date.now() % 1_000_000))
  .option('--videos <n>', 'videos of each run')
  .option('--kills <n>', 'how often a worker is killed with -9')
  .option('--workers <n>', 'worker processes', '2')
  .addOption(new Option('--backend <name>', 'only this one').choices(['redis', 'postgres']))
  .option('--parallel', 'both backends at the same time, as --short does', false)
  .option('--minutes <n>', 'the time limit of a run', '15')
  .option('--worker-cli <file>', "another build's command line", WORKER_CLI)
  .option('--keep', 'keep the logs of the workers', false)
  .option('--json', 'print the result as one JSON object', false)
  .parse()
  .opts<ChaosOptions>();

// An interrupted run stops its servers and workers, and prints its report.
const interrupted = watchStopSignals(() => process.exit(1));

const size = SIZES[options.short ? 'short' : 'full'];
const all: readonly BackendKind[] = findRedisVersion() === undefined ? ['postgres'] : ['redis', 'postgres'];
const report = await runChaos({
  seed: Number(options.seed),
  videos: Number(options.videos ?? size.videos),
  workers: Number(options.workers),
  counts: { ...size.counts, ...(options.kills === undefined ? {} : { kill: Number(options.kills) }) },
  backends: options.backend === undefined ? all : [options.backend],
  isParallel: options.parallel || options.short,
  limitMs: Number(options.minutes) * 60_000,
  workerCli: options.workerCli,
  keepsLogs: options.keep,
  signal: interrupted.signal,
  say: printNotice,
});
if (options.json) printLine(toJson(report));
else for (const line of renderReport(report)) printLine(line);
process.exit(hasPassed(report) ? 0 : 1);
