/** A child process of `npm run dev`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  /** For messages. */
  readonly name: string;
  /** After `node`. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Shows its output; errors are always shown. */
  readonly isShown: boolean;
}

export interface Child {
  readonly name: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
  /** Kills it and its children at once, for a process that is about to end. */
  readonly kill: () => void;
}

/** How long a child may take to stop before it is killed, in milliseconds. */
const STOP_MS = 10_000;

export function startChild({ name, args, environment, isShown }: ChildOptions): Child {
  const child: ChildProcess = spawn(process.execPath, [...args], {
    stdio: ['ignore', isShown ? 'inherit' : 'ignore', 'inherit'],
    env: environment,
    // A group of its own: the compiler is started by a launcher, which does not hand signals on.
    detached: true,
  });
  const signalAll = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch (error) {
      // The whole group has ended.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  const ended = once(child, 'exit').then(() => {});
  return {
    name,
    ended,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      signalAll('SIGTERM');
      const kill = setTimeout(() => signalAll('SIGKILL'), STOP_MS);
      await ended.finally(() => clearTimeout(kill));
    },
    // Of a group whose first process has ended, others may be left.
    kill: () => signalAll('SIGKILL'),
  };
}
