/** Runs the built command line as a child process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** What is run must be what is tested. Type errors are the type check's to report: they do not keep it from emitting. */
export async function buildCli(): Promise<void> {
  const compiler = `${ROOT}node_modules/typescript/bin/tsc`;
  await promisify(execFile)(process.execPath, [compiler, '-b', 'tools/local-stack'], { cwd: ROOT }).catch(() => {});
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** The line of `--json`, once the stack is ready; rejects with what stderr says when it ends before. */
  readonly ready: Promise<Record<string, string>>;
  /** Resolves when the process has ended, with its code and all that it wrote. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export function runCli(args: readonly string[], identity: { uid?: number; gid?: number } = {}): RunningCli {
  const child = spawn(process.execPath, ['--', `${ROOT}tools/local-stack/dist/stack-cli.js`, ...args], {
    ...identity,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const ready = new Promise<Record<string, string>>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.startsWith('{') && stdout.includes('\n')) resolve(JSON.parse(stdout));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('close', () => reject(new Error(`It ended before it was ready: ${stderr}`)));
  });
  ready.catch(() => {});
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ready, ended };
}

/** Whether anything listens on the port of a URL. */
export function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
