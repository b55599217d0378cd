/** Alternates between the backends, so that a machine that slows down affects both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { startBackends } from '../start-backends.ts';
import { type Measured, measureBackend } from './measure-backend.ts';
import { type QueueBenchSetup, renderTable, summarize } from './report.ts';

export interface QueueBenchOptions extends QueueBenchSetup {
  readonly json: boolean;
}

/** Runs the benchmark. Returns the exit code: 1 if a limit is exceeded. */
export async function runQueueBench(options: QueueBenchOptions): Promise<number> {
  const { json, ...setup } = options;
  const closers = new Closers();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'bench-queue-'));
    closers.add(() => rm(folder, { recursive: true, force: true }));
    const places = await startBackends(folder, closers);
    const measured = places.map((place) => ({ ...place, rounds: [] as Measured[] }));
    // One short warm-up round each, which compiles code and creates schemas.
    for (const { address } of places) await measureBackend({ ...setup, address, jobs: 200, singles: 10 });
    for (let round = 1; round <= setup.rounds; round++)
      for (const { backend, address, rounds } of measured) {
        printNotice(`Round ${round} of ${setup.rounds}: ${backend}`);
        rounds.push(await measureBackend({ ...setup, address }));
      }
    const result = summarize(setup, measured);
    if (json) printLine(JSON.stringify(result));
    else for (const line of renderTable(result)) printLine(line);
    return result.ok ? 0 : 1;
  } finally {
    await closers.closeAll();
  }
}
