/** Runs one of PostgreSQL's short programs to its end. */
import { spawn } from 'node:child_process';
import type { ProcessIdentity } from './unprivileged-user.ts';

export interface ProgramResult {
  readonly code: number | null;
  /** stdout and stderr, at most the last 8,000 characters. */
  readonly output: string;
}

/**
 * Starts `program` as `identity` and waits for its end, at most `timeoutMs` (default 60,000), then kills it.
 * @throws Error when the program cannot be started.
 */
export function runProgram(options: {
  program: string;
  args: readonly string[];
  identity: ProcessIdentity | undefined;
  timeoutMs?: number;
}): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.program, options.args, {
      ...asIdentity(options.identity),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 60_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/**
 * Spawn options for PostgreSQL's programs: another account, a folder that it may enter (initdb fails in one it may not),
 * messages in English because some are read, and nothing of our own environment's PG* variables.
 */
export function asIdentity(identity: ProcessIdentity | undefined): {
  uid?: number;
  gid?: number;
  cwd: string;
  env: NodeJS.ProcessEnv;
} {
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };
  return { ...(identity && { uid: identity.uid, gid: identity.gid }), cwd: '/', env };
}
