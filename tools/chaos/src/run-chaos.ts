/** An undisturbed run, then one with chaos on each backend, all on one local stack. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import { locateTools } from '@supabase-media/media/locate-tools';
import pg from 'pg';
import { makeClips } from './clips.ts';
import type { BackendKind } from './queue-server.ts';
import type { ChaosReport } from './report.ts';
import { type PlayedRun, runScenario } from './run-scenario.ts';
import { type ChaosCounts, drawSchedule } from './schedule.ts';
import { installStatusAudit } from './status-audit.ts';

export interface RunChaosOptions {
  readonly seed: number;
  readonly videos: number;
  readonly workers: number;
  readonly counts: ChaosCounts;
  readonly backends: readonly BackendKind[];
  /** All backends at the same time: most of a run is waiting for claims to run out. */
  readonly isParallel: boolean;
  readonly limitMs: number;
  readonly workerCli: string;
  /** Keeps the logs and says where they are. */
  readonly isKept: boolean;
  /** Ends the run as it stands. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** A worker's claim on a job, in seconds. */
const LEASE_SECONDS = 3;
/** A frozen worker has lost its jobs for sure after its claim and the look for stalled jobs, in milliseconds. */
const LOST_MS = LEASE_SECONDS * 2000 + 1000;

export async function runChaos(options: RunChaosOptions): Promise<ChaosReport> {
  const { seed, workers, say } = options;
  const closers = new Closers();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'media-chaos-'));
    if (options.isKept) say(`Logs: ${folder}`);
    else closers.add(() => rm(folder, { recursive: true, force: true }));
    const stack = await startStackProcess(folder);
    closers.add(stack.stop);
    const pool = new pg.Pool({ connectionString: stack.environment.DATABASE_URL, max: 4 });
    pool.on('error', () => {});
    closers.add(() => pool.end());
    await installStatusAudit(pool);
    const url = String(stack.environment.SUPABASE_URL);
    const serviceRoleKey = String(stack.environment.SUPABASE_SERVICE_ROLE_KEY);
    const tools = await locateTools();
    say(`Making ${options.videos} clips …`);
    const clips = await makeClips(tools.ffmpeg.path, folder, options.videos);
    const shared = {
      clips,
      workers,
      leaseSeconds: LEASE_SECONDS,
      workerCli: options.workerCli,
      supabase: { SUPABASE_URL: url, SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey },
      storage: { url, serviceRoleKey, pool },
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
    const play = (kind: BackendKind, index: number): Promise<PlayedRun> =>
      runScenario({
        ...shared,
        kind,
        folder: join(folder, kind),
        project: kind,
        hasSharedWorkDir: (seed + index) % 2 === 0,
        events: drawSchedule({ seed: seed + index, workers, counts: options.counts, claimMs: LOST_MS }),
        reference: undisturbed.findings.made,
      });
    const runs: PlayedRun[] = [undisturbed];
    if (options.isParallel) runs.push(...(await Promise.all(options.backends.map(play))));
    else
      for (const [index, kind] of options.backends.entries())
        if (!options.signal.aborted) runs.push(await play(kind, index));
    return { seed, videos: options.videos, workers, runs };
  } finally {
    await closers.closeAll();
  }
}
