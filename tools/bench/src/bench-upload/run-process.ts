/** Runs one command and measures its time and, on Linux, its memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** The result of one run. */
export interface ProcessRun {
  readonly seconds: number;
  /** Of the process at its highest, in MB (1000000 bytes). */
  readonly peakMb: number | undefined;
  /** What it printed, read as JSON where it is. */
  readonly printed: Readonly<Record<string, unknown>>;
}

/** A client that takes longer than this hangs, in milliseconds. */
const LIMIT_MS = 10 * 60_000;

/** Runs a command to its end. @throws Error with its output if it fails. */
export async function runProcess(
  command: string,
  args: readonly string[],
  environment: Record<string, string | undefined>,
): Promise<ProcessRun> {
  const started = performance.now();
  const child = spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    errors = (errors + String(chunk)).slice(-2000);
  });
  let peakMb: number | undefined;
  const watch = setInterval(async () => {
    peakMb = (await readPeak(child.pid)) ?? peakMb;
  }, 100);
  const [code] = await once(child, 'close');
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}${output}`);
  const printed = parse(output);
  return { seconds, peakMb: typeof printed.peakRssMb === 'number' ? printed.peakRssMb : peakMb, printed };
}

/** The kernel's own high-water mark (Linux); kept up to the last look before the process ended. */
async function readPeak(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) * 1.024) / 1000;
}

function parse(output: string): Record<string, unknown> {
  try {
    return JSON.parse(output) as Record<string, unknown>;
  } catch {
    return {};
  }
}
