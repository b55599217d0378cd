/** All rows in alternating rounds, so that a machine that slows down affects all contenders alike. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import { locateTools } from '@supabase-media/media/locate-tools';
import { loadConfig } from '@supabase-media/worker/load-config';
import { makeSource } from '../make-source.ts';
import { openContender, sharesQueue } from './contenders/catalog.ts';
import type { Contender } from './contenders/contender.ts';
import { describeMachine } from './describe-machine.ts';
import { type Lab, trafficOf, type Work } from './lab.ts';
import { CannotDo, type Outcome } from './measure/measured.ts';
import { wireBetween } from './measure/read-wire.ts';
import { measureSmallCosts } from './measure/small-costs.ts';
import type { BenchResult, MeasuredRow } from './report/result.ts';
import type { ContenderName, Row } from './rows.ts';
import { openStore, type Store } from './store.ts';
import { openWay, type Way } from './way.ts';

export interface BenchOptions {
  readonly rows: readonly Row[];
  /** Also what a worker costs that does nothing. */
  readonly withSmallCosts: boolean;
  readonly rounds: number;
  /** Only these contenders; a row's first two always. Default: all. */
  readonly only?: readonly string[] | undefined;
  readonly way?: Way | undefined;
  readonly say: (line: string) => void;
  /** Told after each row what there is so far, so that a run of an hour is not lost by its last minute. */
  readonly onRow?: ((soFar: BenchResult) => Promise<void>) | undefined;
}

/** Runs the benchmark on a local stack of its own. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { rows, rounds, way, say } = options;
  const closers = new Closers();
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const onSignal = (signal: NodeJS.Signals) => {
    say(`${signal}: stopping what was started …`);
    void closers.closeAll().finally(() => process.exit(1));
  };
  // Not once: under npm a terminal's Ctrl-C and `timeout` bring the same signal twice.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    const stack = await startStackProcess(folder);
    closers.add(stack.stop);
    const config = loadConfig({ environment: { PATH: process.env.PATH, ...stack.environment } });
    const tools = await locateTools(config.ffmpeg);
    const stackUrl = String(stack.environment.SUPABASE_URL);
    const opened = await openWay(stackUrl, way);
    closers.add(opened.close);
    const environment = { ...stack.environment, FFMPEG_PATH: tools.ffmpeg.path, SUPABASE_URL: opened.url };
    const sources = await makeSources(rows, { folder, ffmpeg: tools.ffmpeg.path, say });
    const sourceOf = (row: Row) => sources.get(row) ?? '';
    const lab: Lab = { folder, environment, stackUrl, ffmpeg: tools.ffmpeg.path, sourceOf };
    const store = openStore(stack.environment, config.upload);
    closers.add(store.close);
    const small = options.withSmallCosts ? await measureSmallCosts(lab, say) : undefined;
    const measured: MeasuredRow[] = [];
    const result: BenchResult = {
      measuredAt: new Date().toISOString().slice(0, 10),
      machine: describeMachine(),
      ffmpeg: tools.ffmpeg.version,
      ...{ rounds, way, small, rows: measured },
    };
    for (const row of rows) {
      measured.push(await measureRow(row, { ...options, lab, store, closers }));
      await options.onRow?.(result);
    }
    return result;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    await closers.closeAll();
  }
}

interface RowOptions extends BenchOptions {
  readonly lab: Lab;
  readonly store: Store;
  readonly closers: Closers;
}

async function measureRow(row: Row, { lab, store, closers, rounds, only, say }: RowOptions): Promise<MeasuredRow> {
  const names = row.contenders.filter((name, at) => at < 2 || (only?.includes(name) ?? true));
  const contenders = new Map(names.map((name) => [name, openContender(name, lab)] as const));
  for (const contender of contenders.values()) closers.add(contender.stop);
  const runs = new Map<ContenderName, Outcome[]>(names.map((name) => [name, []]));
  try {
    for (let round = 1; round <= rounds; round++) {
      // Another key each time: the same source again would be the same video.
      const paths = Array.from({ length: row.videos }, (_, at) => `bench/${row.name}-${round}-${at}.mp4`);
      await store.sendSources(lab.sourceOf(row), paths);
      for (const [name, contender] of contenders) {
        for (const [other, its] of contenders)
          if (other !== name && sharesQueue(other) && sharesQueue(name)) await its.stop();
        say(`${row.about}, round ${round} of ${rounds}: ${name}`);
        runs.get(name)?.push(await runOnce(lab, contender, { row, paths, round }));
      }
      await store.empty();
    }
  } finally {
    for (const contender of contenders.values()) await contender.stop();
  }
  return {
    name: row.name,
    about: row.about,
    most: row.most,
    mostOverWay: row.mostOverWay,
    contenders: names.map((name) => ({ name, runs: runs.get(name) ?? [] })),
  };
}

/** What was written before is on the disk by then: nobody pays for another's writing. In milliseconds. */
const SYNC_LIMIT_MS = 30_000;

async function runOnce(lab: Lab, contender: Contender, work: Work): Promise<Outcome> {
  await contender.prepare(work);
  await promisify(execFile)('sync', { timeout: SYNC_LIMIT_MS }).catch(() => {});
  const before = await trafficOf(lab);
  try {
    const measured = await contender.run(work);
    return { ...measured, ...wireBetween(before, await trafficOf(lab)) };
  } catch (error) {
    if (error instanceof CannotDo) return { failed: error.message };
    throw error;
  }
}

async function makeSources(
  rows: readonly Row[],
  { folder, ffmpeg, say }: { readonly folder: string; readonly ffmpeg: string; readonly say: (line: string) => void },
): Promise<ReadonlyMap<Row, string>> {
  await mkdir(join(folder, 'sources'));
  const made = new Map<string, string>();
  const sources = new Map<Row, string>();
  for (const row of rows) {
    const key = JSON.stringify(row.source);
    const file = made.get(key) ?? join(folder, 'sources', `${made.size}.mp4`);
    if (!made.has(key)) {
      say(`Making a source: ${row.about} …`);
      await makeSource(ffmpeg, file, row.source);
    }
    made.set(key, file);
    sources.set(row, file);
  }
  return sources;
}
