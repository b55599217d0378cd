/** Those that do the same job: our worker, and the shell script that one would write instead. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openQueueClient } from '@supabase-media/client';
import { readCpuSeconds } from '../process-cpu.ts';
import type { JobCase } from './job-cases.ts';
import { watchPeakMemory } from './watch-memory.ts';
import { type ExplainedCommand, writeScript } from './write-script.ts';

const MEDIA_CLI = fileURLToPath(new URL('../../../../workers/media/dist/cli.js', import.meta.url));

/** Where the sources are, and the results go. */
export const SOURCE_BUCKET = 'project-videos';
const RESULT_BUCKET = 'project-processed-videos';

/** One run of a job. */
export interface JobRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** By program, in MB. */
  readonly peakMb: ReadonlyMap<string, number>;
}

export interface Contender {
  readonly name: string;
  /** The source is in the bucket under its path; its results have no other in their way. */
  readonly run: (work: { readonly job: JobCase; readonly path: string; readonly round: number }) => Promise<JobRun>;
  /** Of the process before its first job, in MB. */
  readonly idleMb: number | undefined;
  readonly stop: () => Promise<void>;
}

export interface ContenderOptions {
  readonly folder: string;
  /** Of the stack, with SUPABASE_URL as the way to it is to be. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A worker that waits for jobs, as one in production does. Measured from the call that enqueues to the outcome. */
export async function startWorkerContender({ folder, environment }: ContenderOptions): Promise<Contender> {
  const worker = spawn(process.execPath, ['--', MEDIA_CLI, 'worker'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      ...environment,
      WORK_DIR: join(folder, 'work'),
      LOG_FORMAT: 'json',
      METRICS_PORT: '0',
      SHUTDOWN_GRACE_SECONDS: '1',
    },
  });
  const exited = once(worker, 'exit');
  const pid = worker.pid ?? -1;
  // The log goes to stderr, also where it is not read any more.
  const lines = createInterface(worker.stderr);
  let last = '';
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      last = line;
      if (line.includes('"event":"worker.ready"')) resolve();
    });
    void exited.then(([code]) => reject(new Error(`The worker ended with ${code} before it was ready: ${last}`)));
  });
  const queue = openQueueClient({ databaseUrl: environment.DATABASE_URL });
  const idle = watchPeakMemory(pid);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  idle.stop();
  return {
    name: 'worker',
    idleMb: idle.peaks().get('node'),
    run: async ({ job, path }) => {
      const memory = watchPeakMemory(pid);
      const cpu = cpuSecondsOf(pid);
      const started = performance.now();
      const source = { bucket: SOURCE_BUCKET, path };
      const { jobId } = await queue.enqueueVideo({ source, ownerId: null, outputs: job.outputs });
      const { outcome, outputs } = await queue.waitForVideo(jobId);
      const seconds = (performance.now() - started) / 1000;
      memory.stop();
      const kinds = new Set(outputs.map(({ kind }) => kind));
      const missing = job.outputs.filter((kind) => kind !== 'captions' && !kinds.has(kind));
      if (missing.length > 0) throw new Error(`${job.name} was ${outcome}, without ${missing.join(', ')}.`);
      return { seconds, cpuSeconds: cpuSecondsOf(pid) - cpu, peakMb: memory.peaks() };
    },
    stop: async () => {
      await queue.close();
      worker.kill('SIGTERM');
      await exited;
    },
  };
}

/** The steps by hand, in one `sh`. Finding out what to do takes it no time: that is done before. */
export async function startScriptContender(
  { folder, environment }: ContenderOptions,
  sources: ReadonlyMap<JobCase, string>,
): Promise<Contender> {
  const home = join(folder, 'script');
  return {
    name: 'script',
    idleMb: undefined,
    run: async ({ job, path, round }) => {
      const outDir = join(home, `${job.name}-${round}`);
      const sourceFile = sources.get(job) ?? '';
      await mkdir(outDir, { recursive: true });
      const commands = await explain(sourceFile, outDir, job, environment);
      const storage = `${environment.SUPABASE_URL}/storage/v1/object`;
      const downloaded = join(home, 'source.mp4');
      const script = writeScript({
        sourceUrl: `${storage}/authenticated/${SOURCE_BUCKET}/${path}`,
        resultsUrl: `${storage}/${RESULT_BUCKET}/by-hand/${path}`,
        key: environment.SUPABASE_SERVICE_ROLE_KEY ?? '',
        sourceFile: downloaded,
        outDir,
        commands: commands.map(({ cwd, command }) => ({
          cwd,
          command: command.map((word) => (word === `file:${sourceFile}` ? `file:${downloaded}` : word)),
        })),
      });
      await writeFile(join(home, 'job.sh'), script);
      const started = performance.now();
      // `times` of the shell tells what its children took.
      const child = spawn('sh', ['-c', '. "$0"; times >&3', join(home, 'job.sh')], {
        stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      });
      const memory = watchPeakMemory(child.pid ?? -1);
      let times = '';
      child.stdio[3]?.on('data', (chunk) => {
        times += String(chunk);
      });
      const [code] = await once(child, 'close');
      const seconds = (performance.now() - started) / 1000;
      memory.stop();
      if (code !== 0) throw new Error(`The script of ${job.name} ended with ${code}.`);
      await rm(outDir, { recursive: true });
      await rm(downloaded);
      return { seconds, cpuSeconds: readTimes(times), peakMb: memory.peaks() };
    },
    stop: () => rm(home, { recursive: true, force: true }),
  };
}

/** Its own and that of its ended children, in seconds. */
function cpuSecondsOf(pid: number): number {
  const { own, children } = readCpuSeconds(pid);
  return own + children;
}

async function explain(
  file: string,
  outDir: string,
  job: JobCase,
  environment: Readonly<Record<string, string>>,
): Promise<readonly ExplainedCommand[]> {
  const args = ['--', MEDIA_CLI, 'process', file, '--out', outDir, '--outputs', job.outputs.join(','), '--explain'];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--json'], {
    env: { PATH: process.env.PATH, ...environment, LOG_LEVEL: 'silent' },
    maxBuffer: 10_000_000,
  });
  return (JSON.parse(stdout) as { commands: ExplainedCommand[] }).commands;
}

/** Of the second line of `times`, which is of the children: `0m1.23s 0m0.45s`. */
export function readTimes(text: string): number {
  const [, children = ''] = text.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}
