/** Worker processes that share a queue and nothing else: each has a disk of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('./split-worker.js', import.meta.url));

/** A line of a worker's log, as far as it is looked at. */
export interface LogLine {
  readonly worker: number;
  readonly event?: string;
  readonly why?: string;
  readonly msg?: string;
}

export interface SplitWorkersOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly partSeconds: { readonly least: number; readonly most: number };
  /** Each on a core of its own, by its number. */
  readonly isPinned?: boolean;
  readonly onLine?: (line: LogLine) => void;
}

export interface SplitWorker {
  readonly number: number;
  readonly workDir: string;
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts one; resolves when it takes jobs. @throws Error when it ends before. */
export async function startSplitWorker(number: number, options: SplitWorkersOptions): Promise<SplitWorker> {
  const { environment, partSeconds, isPinned, onLine } = options;
  const workDir = join(options.folder, `work-${number}`);
  const command = [process.execPath, '--', WORKER];
  const [program = '', ...args] = isPinned ? ['taskset', '-c', String(number - 1), ...command] : command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      ...environment,
      WORK_DIR: workDir,
      WORK_DIR_RESERVE_MB: '0',
      METRICS_PORT: '0',
      REQUEST_POLL_SECONDS: '0',
      SHUTDOWN_GRACE_SECONDS: '0',
      SPLIT_LEAST_SECONDS: String(partSeconds.least),
      SPLIT_MOST_SECONDS: String(partSeconds.most),
    },
  });
  let last = '';
  if (child.stderr !== null)
    createInterface(child.stderr).on('line', (line) => {
      last = line;
      const read = parseLine(line);
      if (read !== undefined) onLine?.({ ...read, worker: number });
    });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(([code, signal]) => {
      throw new Error(`Worker ${number} ended with ${code ?? signal} before it was ready: ${last}`);
    }),
  ]);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (isRunning(child)) child.kill(signal);
    await exited;
  };
  return { number, workDir, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

function parseLine(line: string): Omit<LogLine, 'worker'> | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
