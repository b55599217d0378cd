#!/usr/bin/env -S node --
/** `npm run chaos:outbox`: rows by SQL, workers killed at random, no API; each row must become a video once. */
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { findRedisVersion } from '@supabase-media/local-stack/redis/redis-server';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { Command, Option } from 'commander';
import { runOutbox } from './outbox/run-outbox.ts';
import type { BackendKind } from './queue-server.ts';

const options = new Command('chaos:outbox')
  .description(
    'Inserts rows into videos by SQL while the workers, which make jobs of them, are\n' +
      'killed at times drawn from the seed. No API and no producer runs. In the end each\n' +
      'row must be a video, processed once.',
  )
  .option('--rows <n>', 'videos of each run', '1000')
  .option('--kills <n>', 'how often a worker is killed with -9', '60')
  .option('--workers <n>', 'worker processes', '3')
  .option('--concurrency <n>', 'jobs at a time in each worker', '3')
  .option('--seed <n>', 'repeats the kills of an earlier run', String(Date.now() % 1_000_000))
  .addOption(new Option('--backend <name>', 'only this one').choices(['redis', 'postgres']))
  .option('--minutes <n>', 'the time limit of a run', '30')
  .option('--keep', 'keep the logs of the workers', false)
  .option('--json', 'print each result as one JSON object', false)
  .parse()
  .opts<
    Record<'rows' | 'kills' | 'workers' | 'concurrency' | 'seed' | 'minutes', string> & {
      readonly backend?: BackendKind;
      readonly keep: boolean;
      readonly json: boolean;
    }
  >();

const interrupted = watchStopSignals(() => process.exit(1));
const all: readonly BackendKind[] = findRedisVersion() === undefined ? ['postgres'] : ['redis', 'postgres'];
let hasPassed = true;
for (const kind of options.backend === undefined ? all : [options.backend]) {
  const { findings, ...report } = await runOutbox({
    kind,
    rows: Number(options.rows),
    workers: Number(options.workers),
    concurrency: Number(options.concurrency),
    kills: Number(options.kills),
    seed: Number(options.seed),
    limitMs: Number(options.minutes) * 60_000,
    keepsLogs: options.keep,
    signal: interrupted.signal,
    say: printNotice,
  });
  hasPassed &&= findings.problems.length === 0;
  if (options.json) printLine(JSON.stringify({ ...report, findings }));
  else {
    const { problems, ...figures } = findings;
    printLine(
      `${report.backend}, seed ${report.seed}: ${figures.ready} of ${report.rows} videos ready, ` +
        `${figures.readyAgain} more than once, in ${Math.round(report.seconds)} s; ` +
        `${report.kills} kills and ${report.stops} stops, ${figures.added} jobs added, ${figures.starts} starts, ` +
        `${figures.objects} objects`,
    );
    for (const problem of problems) printLine(`  ${problem}`);
  }
}
process.exit(hasPassed ? 0 : 1);
