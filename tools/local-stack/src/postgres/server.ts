/**
 * Starts PostgreSQL and stops it, never leaving it behind.
 *
 * It runs under a small shell script that holds one end of a pipe whose other end is ours. Closing the pipe is how it is
 * stopped; and since the system closes it for us when this process dies, also by `kill -9`, PostgreSQL ends then too.
 * The pair has its own process group, so that Ctrl-C in a terminal reaches this process only and the order stays ours.
 *
 * It is a development server: fsync, synchronous_commit and full_page_writes are off. A crash of the machine (not of the
 * process) may cost the data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { LOOPBACK } from '../stack/ports.ts';
import { StackError } from '../stack/stack-error.ts';
import type { PostgresPrograms } from './binaries.ts';
import { asIdentity } from './run-program.ts';
import type { ProcessIdentity } from './unprivileged-user.ts';

/** "$@" is PostgreSQL's command line. SIGINT is its "fast" shutdown: sessions are ended, files are left clean. */
const SUPERVISOR = `
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( cat <&3 >/dev/null; kill -INT $server ) 2>/dev/null &
exec 3<&-
wait $server
`;

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 8_000;
const READY = 'database system is ready to accept connections';

export interface PostgresServer {
  readonly port: number;
  /** Ends sessions and the server; resolves when the process is gone. Safe to call again. */
  stop(): Promise<void>;
}

/** @throws StackError with the server's last output if it is not ready within 30 s. */
export async function startServer(options: {
  programs: PostgresPrograms;
  identity: ProcessIdentity | undefined;
  cluster: string;
  port: number;
  /** The server's log, truncated at each start. */
  logFile: string;
}): Promise<PostgresServer> {
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', options.programs.postgres, ...serverArguments(options)], {
    ...asIdentity(options.identity),
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  // Errors of writing to a supervisor that has ended are ignored: its exit is handled.
  child.stdin.on('error', () => {});
  const exited = once(child, 'exit').then(() => undefined);
  child.stderr.pipe(createWriteStream(options.logFile, { mode: 0o600 }));
  try {
    await waitUntilReady(child);
  } catch (error) {
    await stopServer(child, exited);
    throw error;
  }
  return { port: options.port, stop: () => stopServer(child, exited) };
}

function serverArguments(options: { cluster: string; port: number }): string[] {
  const settings = {
    listen_addresses: LOOPBACK,
    port: String(options.port),
    unix_socket_directories: '',
    max_connections: '100',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    // As on Supabase; with less, creating a publication warns.
    wal_level: 'logical',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  return ['-D', options.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => finish(new Error('it was not ready in time')), START_TIMEOUT_MS);
    const onData = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4_000);
      if (said.includes(READY)) finish();
    };
    const onExit = (): void => finish(new Error('it ended'));
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      child.stderr?.off('data', onData);
      child.off('exit', onExit).off('error', finish);
      if (error) reject(describeFailure(error, said));
      else resolve();
    };
    child.stderr?.on('data', onData);
    child.once('exit', onExit).once('error', finish);
  });
}

function describeFailure(error: Error, said: string): StackError {
  const words = said.split('\n').filter((line) => /FATAL|ERROR|HINT|error while loading/.test(line));
  return new StackError(
    `PostgreSQL did not start: ${words.join(' ').trim() || error.message}`,
    'Start on an empty data folder (--fresh), or choose another with --data DIR.',
    { cause: error },
  );
}

async function stopServer(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.stdin?.end();
  const pid = child.pid;
  const timer = setTimeout(() => killGroup(pid), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
