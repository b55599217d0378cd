/** Shell scripts of the documents: run to their end, or left running in a terminal of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Script {
  readonly script: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** When it is ready: an address that answers, a name in `.env`, or else a word that it writes. */
  readonly until: string;
}

const READY_MS = 240_000;

/** A shell that ends at the first command that fails, in a process group of its own. */
function open({ script, cwd, environment }: Omit<Script, 'until'>) {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn('sh', ['-euc', script], {
    cwd,
    env: { PATH, HOME, TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const written = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      written.text = `${written.text}${text}`.slice(-20_000);
    });
  return { child, written, closed: once(child, 'close') };
}

/** @throws {Error} with what it wrote, where it ends with anything but 0. */
export async function runScript(options: Omit<Script, 'until'>): Promise<void> {
  const { written, closed } = open(options);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${options.script}\nended with ${code}:\n${written.text}`);
}

/** @returns what stops it. @throws {Error} with what it wrote, where it does not get ready. */
export async function startScript(options: Script): Promise<() => Promise<void>> {
  const { child, written, closed } = open(options);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await closed;
  };
  const isReady = async (): Promise<boolean> => {
    if (options.until.startsWith('http')) return (await fetch(options.until).catch(() => undefined))?.ok === true;
    const settings = await readFile(join(options.cwd, '.env'), 'utf8').catch(() => '');
    return settings.includes(`${options.until}=`) || written.text.includes(options.until);
  };
  for (const deadline = Date.now() + READY_MS; !(await isReady()); ) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${options.script}\ndid not get ready:\n${written.text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return stop;
}
