/** Alternates between all numbers of workers and backends, so that a machine that slows down affects all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { startBackends } from '../start-backends.ts';
import { type MeasuredScale, measureScale } from './measure-scale.ts';
import { renderScaleTable, type ScaleSetup, summarizeScale } from './report.ts';

export interface ScaleBenchOptions extends ScaleSetup {
  /** Numbers of workers. */
  readonly workers: readonly number[];
  readonly json: boolean;
}

/** Runs the benchmark. Returns the exit code: 1 if the limit is exceeded. */
export async function runScaleBench(options: ScaleBenchOptions): Promise<number> {
  const { json, workers, ...setup } = options;
  const closers = new Closers();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'bench-scale-'));
    closers.add(() => rm(folder, { recursive: true, force: true }));
    const places = await startBackends(folder, closers);
    const measured = places.flatMap((place) =>
      workers.map((count) => ({ ...place, workers: count, rounds: [] as MeasuredScale[] })),
    );
    // A warm-up, which creates schemas and fills caches.
    for (const { address } of places) await measureScale({ address, count: 1, jobMs: 10, jobsEach: 5 });
    for (let round = 1; round <= setup.rounds; round++)
      for (const { backend, address, workers: count, rounds } of measured) {
        printNotice(`Round ${round} of ${setup.rounds}: ${backend}, ${count} ${count === 1 ? 'worker' : 'workers'}`);
        rounds.push(await measureScale({ ...setup, address, count }));
      }
    const result = summarizeScale(setup, measured);
    if (json) printLine(JSON.stringify(result));
    else for (const line of renderScaleTable(result)) printLine(line);
    return result.ok ? 0 : 1;
  } finally {
    await closers.closeAll();
  }
}
