/** Runs the built command line as a person would: a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../workers/media/dist/cli.js', import.meta.url));

/** A command that has ended. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is running. */
export interface RunningCommand {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves with everything written to stderr so far once it contains the text. */
  readonly sees: (text: string) => Promise<string>;
  readonly ended: Promise<CommandResult>;
}

/** Only what a test names reaches the command: nothing of the machine's environment but the PATH. */
export function startCommand(
  args: readonly string[],
  environment: Record<string, string> = {},
  uid?: number,
): RunningCommand {
  const child = spawn(process.execPath, ['--', CLI, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...(uid !== undefined && { uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout, stderr }));
  return {
    pid: child.pid ?? -1,
    kill: (signal) => void child.kill(signal),
    sees: async (text) => {
      while (!stderr.includes(text)) {
        const next = once(child.stderr, 'data').then(() => false);
        if (await Promise.race([next, ended.then(() => true)])) {
          if (stderr.includes(text)) break;
          throw new Error(`the command ended without "${text}":\n${stderr}\n${stdout}`);
        }
      }
      return stderr;
    },
    ended,
  };
}

/** Runs a command to its end. */
export function runCommand(args: readonly string[], environment?: Record<string, string>): Promise<CommandResult> {
  return startCommand(args, environment).ended;
}

/** Runs a script of the repository to its end. Nothing of the machine's environment but the PATH reaches it. */
export async function runScript(
  file: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandResult> {
  const child = spawn(file, [...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout, stderr };
}

/** The one JSON object that a command with `--json` prints. */
export function readJson(result: CommandResult): Record<string, unknown> {
  const lines = result.stdout.split('\n').filter((line) => line !== '');
  if (lines.length !== 1) throw new Error(`one line of JSON expected:\n${result.stdout}\n${result.stderr}`);
  return JSON.parse(String(lines[0]));
}
