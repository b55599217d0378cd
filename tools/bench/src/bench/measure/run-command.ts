/** Runs one command to its end, and measures it with all that it starts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CannotDo, type Measured } from './measured.ts';
import { watchProcesses } from './watch-processes.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** What takes longer hangs, in milliseconds. */
const LIMIT_MS = 60 * 60_000;
const SHOWN_CHARACTERS = 300;

/** @throws CannotDo with its last words when it fails. */
export async function runCommand({ program, args, environment, folder }: Command): Promise<Measured> {
  const started = performance.now();
  // `times` of the shell tells what its children took.
  const script = '"$@"; code=$?; times >&3; exit $code';
  const child = spawn('sh', ['-c', script, 'sh', program, ...args], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  const watch = watchProcesses(child.pid ?? -1);
  let words = '';
  let times = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      words = (words + String(chunk)).slice(-SHOWN_CHARACTERS);
    });
  child.stdio[3]?.on('data', (chunk) => {
    times += String(chunk);
  });
  const [code, signal] = await once(child, 'close');
  const seconds = (performance.now() - started) / 1000;
  watch.stop();
  if (code !== 0) throw new CannotDo(`ended with ${code ?? signal}: ${words.trim().replaceAll(/\s+/g, ' ')}`);
  return { seconds, cpuSeconds: readTimes(times), ...watch.seen() };
}

/** Of the second line of `times`, which is of the children: `0m1.23s 0m0.45s`. */
export function readTimes(text: string): number {
  const [, children = ''] = text.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}
