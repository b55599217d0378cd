/** An undisturbed run, then one with faults on each backend, all on one local stack. */
import { join } from 'node:path';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { locateTools } from '@supabase-media/media/locate-tools';
import { makeClips } from './clips.ts';
import type { BackendKind } from './queue-server.ts';
import type { ChaosReport } from './report.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import { type ChaosCounts, drawSchedule } from './schedule.ts';
import { startAuditedStack } from './start-audited-stack.ts';

export interface RunChaosOptions {
  readonly seed: number;
  readonly videos: number;
  readonly workers: number;
  readonly counts: ChaosCounts;
  readonly backends: readonly BackendKind[];
  /** Runs all backends at the same time: most of a run is waiting for locks to expire. */
  readonly isParallel: boolean;
  readonly limitMs: number;
  readonly workerCli: string;
  /** Keeps the logs and prints their folder. */
  readonly keepsLogs: boolean;
  /** Ends the run early. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** JOB_LOCK_SECONDS of the workers. */
const LOCK_SECONDS = 3;
/** After this a frozen worker has certainly lost its jobs: lock and check for stalled jobs, in milliseconds. */
const LOCK_LOST_MS = LOCK_SECONDS * 2000 + 1000;

export async function runChaos(options: RunChaosOptions): Promise<ChaosReport> {
  const { seed, workers, say } = options;
  const closers = new Closers();
  try {
    const { folder, storage } = await startAuditedStack(closers, { ...options, name: 'chaos' });
    const tools = await locateTools();
    say(`Making ${options.videos} clips …`);
    const clips = await makeClips(tools.ffmpeg.path, folder, options.videos);
    const shared = {
      clips,
      workers,
      lockSeconds: LOCK_SECONDS,
      workerCli: options.workerCli,
      supabase: { SUPABASE_URL: storage.url, SUPABASE_SERVICE_ROLE_KEY: storage.serviceRoleKey },
      storage,
      limitMs: options.limitMs,
      signal: options.signal,
      say,
    };
    say('Undisturbed …');
    const undisturbed = await runScenario({
      ...shared,
      kind: options.backends[0] ?? 'postgres',
      folder: join(folder, 'undisturbed'),
      project: 'undisturbed',
      hasSharedWorkDir: true,
      events: [],
      reference: undefined,
    });
    const runWithFaults = (kind: BackendKind, index: number): Promise<ScenarioResult> =>
      runScenario({
        ...shared,
        kind,
        folder: join(folder, kind),
        project: kind,
        hasSharedWorkDir: (seed + index) % 2 === 0,
        events: drawSchedule({ seed: seed + index, workers, counts: options.counts, lockLostMs: LOCK_LOST_MS }),
        reference: undisturbed.findings.produced,
      });
    const runs: ScenarioResult[] = [undisturbed];
    if (options.isParallel) runs.push(...(await Promise.all(options.backends.map(runWithFaults))));
    else
      for (const [index, kind] of options.backends.entries())
        if (!options.signal.aborted) runs.push(await runWithFaults(kind, index));
    return { seed, videos: options.videos, workers, runs };
  } finally {
    await closers.closeAll();
  }
}
