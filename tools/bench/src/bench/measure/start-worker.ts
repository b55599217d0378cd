/** A worker of ours as a process, and what it takes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readCpuSeconds } from '../../process-cpu.ts';
import type { Measured } from './measured.ts';
import { watchProcesses } from './watch-processes.ts';

export const MEDIA_CLI = fileURLToPath(new URL('../../../../../workers/media/dist/cli.js', import.meta.url));

export interface StartWorkerOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The only one it may run on. Linux (taskset(1)). */
  readonly core?: number | undefined;
}

export interface WorkerProcess {
  readonly pid: number;
  /** From the start of the process to the moment it takes jobs. */
  readonly readySeconds: number;
  /** Starts measuring; the result ends it. */
  readonly measure: () => () => Omit<Measured, 'seconds'>;
  /** Rejects when it ends although nobody stopped it. */
  readonly crashed: Promise<never>;
  readonly stop: () => Promise<void>;
}

/** Resolves when it is ready. @throws Error with the last line of its log when it ends before. */
export async function startWorker(options: StartWorkerOptions): Promise<WorkerProcess> {
  const { folder, environment, core } = options;
  const node = [process.execPath, '--', MEDIA_CLI, 'worker'];
  const [program = '', ...args] = core === undefined ? node : ['taskset', '--cpu-list', String(core), ...node];
  const started = performance.now();
  const worker = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      LOG_FORMAT: 'json',
      METRICS_PORT: '0',
      SHUTDOWN_GRACE_SECONDS: '1',
      ...environment,
    },
  });
  const exited = once(worker, 'exit');
  const pid = worker.pid ?? -1;
  // The log is read to its end, also where nobody listens: a full pipe would stop the worker.
  const lines = createInterface(worker.stderr);
  let last = '';
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      last = line;
      if (line.includes('"event":"worker.ready"')) resolve();
    });
    void exited.then(([code]) => reject(new Error(`The worker ended with ${code} before it was ready: ${last}`)));
  });
  let isStopping = false;
  const crashed = exited.then(([code, signal]): Promise<never> => {
    if (isStopping) return new Promise(() => {});
    throw new Error(`The worker ended with ${code ?? signal}: ${last}`);
  });
  // Whoever waits for a job hears of it; when nobody does, the next job will.
  crashed.catch(() => {});
  const cpuSeconds = () => {
    const { own, children } = readCpuSeconds(pid);
    return own + children;
  };
  return {
    pid,
    readySeconds: (performance.now() - started) / 1000,
    measure: () => {
      const before = cpuSeconds();
      const watch = watchProcesses(pid);
      return () => {
        watch.stop();
        return { cpuSeconds: cpuSeconds() - before, ...watch.seen() };
      };
    },
    crashed,
    stop: async () => {
      isStopping = true;
      worker.kill('SIGTERM');
      await exited;
    },
  };
}
