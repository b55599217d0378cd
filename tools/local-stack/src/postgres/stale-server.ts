/**
 * Deals with what an earlier run may have left in the cluster: a server that is still running although its stack is
 * gone, or only its pid file, whose number may by now belong to any other process (common in containers).
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../stack/stack-error.ts';
import type { PostgresPrograms } from './binaries.ts';
import { runProgram } from './run-program.ts';
import type { ProcessIdentity } from './unprivileged-user.ts';

/** Call it only while holding the data folder's lock: then no living stack owns that server. */
export async function clearStaleServer(options: {
  programs: PostgresPrograms;
  identity: ProcessIdentity | undefined;
  cluster: string;
}): Promise<void> {
  const pidFile = join(options.cluster, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = Number.parseInt(text, 10);
  if (await isPostgres(pid)) {
    const { code, output } = await runProgram({
      program: options.programs.pgCtl,
      args: ['stop', '-D', options.cluster, '-m', 'fast', '-w', '-t', '10'],
      identity: options.identity,
    });
    if (code !== 0 && (await isPostgres(pid))) {
      throw new StackError(
        `A PostgreSQL of an earlier run (process ${pid}) does not stop: ${output.trim()}`,
        `End it (kill -QUIT ${pid}) and start again.`,
      );
    }
  }
  await rm(pidFile, { force: true });
}

async function isPostgres(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const commandLine =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : (await runProgram({ program: '/bin/ps', args: ['-o', 'command=', '-p', String(pid)], identity: undefined }))
          .output;
  return commandLine.includes('postgres');
}
