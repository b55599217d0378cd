/** Alternates between all numbers of workers and backends, so that a machine that slows down affects all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { type MeasureSplitOptions, measureSplit } from '../bench-split/measure-split.ts';
import { renderSplitTable, summarizeSplit } from '../bench-split/report.ts';
import { startBackends } from '../start-backends.ts';
import { type MeasuredScale, measureScale } from './measure-scale.ts';
import { renderScaleTable, type ScaleSetup, summarizeScale } from './report.ts';

export interface ScaleBenchOptions extends ScaleSetup {
  /** Numbers of workers. */
  readonly workers: readonly number[];
  /** One long video, encoded in parts by these numbers of workers. */
  readonly video: (MeasureSplitOptions['video'] & { readonly workers: readonly number[] }) | undefined;
  /** Whether the short jobs are left out. */
  readonly isVideoOnly: boolean;
  readonly json: boolean;
}

/** Runs the benchmark. Returns the exit code: 1 if the limit is exceeded. */
export async function runScaleBench({ video, isVideoOnly, ...options }: ScaleBenchOptions): Promise<number> {
  const jobs = isVideoOnly ? undefined : await measureJobs(options);
  const rows = video && summarizeSplit(await measureSplit({ workers: video.workers, video, say: printNotice }));
  if (options.json) printLine(JSON.stringify({ ...jobs, ...(rows && { video: rows }) }));
  else {
    if (jobs !== undefined) for (const line of renderScaleTable(jobs)) printLine(line);
    if (rows !== undefined) for (const line of renderSplitTable(rows, aboutVideo(video))) printLine(line);
  }
  return jobs?.ok !== false && rows?.every(({ ok }) => ok) !== false ? 0 : 1;
}

const aboutVideo = (video: ScaleBenchOptions['video']): string =>
  video?.kind === 'real'
    ? `${video.minutes} min of 1080p, by workers on a core each.`
    : `One long video, whose encode sleeps for ${video?.encodeSeconds} s in all.`;

async function measureJobs(options: Omit<ScaleBenchOptions, 'video' | 'isVideoOnly'>) {
  const { json: _, workers, ...setup } = options;
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
    return summarizeScale(setup, measured);
  } finally {
    await closers.closeAll();
  }
}
