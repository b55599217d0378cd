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
  /** For node itself, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
}

export interface WorkerProcess {
  readonly pid: number;
  /** From the start of the process to the moment it takes jobs. */
  readonly readySeconds: number;
  /** Starts measuring; the result ends it. */
  readonly measure: () => () => Omit<Measured, 'seconds'>;
  /** Its log from then on, line by line. */
  readonly onLine: (listener: (line: string) => void) => void;
  readonly stop: () => Promise<void>;
}

/** Resolves when it is ready. @throws Error with the last line of its log when it ends before. */
export async function startWorker(options: StartWorkerOptions): Promise<WorkerProcess> {
  const { folder, environment, core, nodeArgs = [] } = options;
  const node = [process.execPath, ...nodeArgs, '--', MEDIA_CLI, 'worker'];
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
    onLine: (listener) => lines.on('line', listener),
    stop: async () => {
      worker.kill('SIGTERM');
      await exited;
    },
  };
}
