/** Worker processes on one queue, and the jobs of each. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { QueueAddress } from '@supabase-media/queue/backend';

const WORKER = fileURLToPath(new URL('./scale-worker.js', import.meta.url));

/** One job that a worker finished; times in milliseconds since the epoch. */
export interface DoneJob {
  readonly pid: number;
  readonly videoId: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Processes that take jobs. */
export interface ScaleWorkers {
  readonly pids: readonly number[];
  /**
   * Resolves with the next jobs when the given number has finished, the oldest first.
   *
   * @throws Error if a worker ends meanwhile.
   */
  readonly takeDone: (count: number) => Promise<readonly DoneJob[]>;
  readonly stop: () => Promise<void>;
}

export interface StartWorkersOptions {
  readonly address: QueueAddress;
  readonly count: number;
  /** The simulated encode, in milliseconds. */
  readonly jobMs: number;
}

/**
 * Starts them; resolves when all take jobs.
 *
 * @throws Error when one ends before.
 */
export async function startWorkers({ address, count, jobMs }: StartWorkersOptions): Promise<ScaleWorkers> {
  const done: DoneJob[] = [];
  let wake = () => {};
  let isStopping = false;
  let failure: Error | undefined;
  const start = (): { readonly child: ChildProcess; readonly ready: Promise<void> } => {
    const child = fork(WORKER, {
      // Inherits neither environment nor flags: a queue named there may contain real jobs.
      env: {
        PATH: process.env.PATH,
        JOB_MS: String(jobMs),
        ...(address.redisUrl !== undefined && { REDIS_URL: address.redisUrl }),
        ...(address.databaseUrl !== undefined && { DATABASE_URL: address.databaseUrl }),
      },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message: { ready?: true } & Omit<DoneJob, 'pid'>) => {
        if (message.ready === true) return resolve();
        done.push({ ...message, pid: child.pid ?? -1 });
        wake();
      });
      child.once('exit', (code, signal) => {
        if (isStopping) return;
        failure = new Error(`A worker ended with ${signal ?? code}.`);
        reject(failure);
        wake();
      });
    });
    return { child, ready };
  };
  const workers = Array.from({ length: count }, start);
  const stop = async () => {
    isStopping = true;
    await Promise.all(
      workers.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }),
    );
  };
  try {
    await Promise.all(workers.map(({ ready }) => ready));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pids: workers.map(({ child }) => child.pid ?? -1),
    stop,
    takeDone: async (wanted) => {
      while (done.length < wanted) {
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return done.splice(0, wanted);
    },
  };
}
