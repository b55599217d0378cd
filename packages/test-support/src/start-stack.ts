/** Starts a local stack as a process of its own, like a person would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const STACK_CLI = fileURLToPath(new URL('../../../tools/local-stack/dist/stack-cli.js', import.meta.url));

export interface StackProcess {
  /** SUPABASE_URL, its keys, DATABASE_URL. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops the stack and removes its data. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a stack on free ports with data of its own.
 *
 * @param args more arguments of its command line.
 * @throws if it ends before it is ready.
 */
export async function startStackProcess(args: readonly string[] = []): Promise<StackProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'media-test-stack-'));
  const options = ['--json', '--port', '0', '--data', join(folder, 'data'), ...args];
  const child = spawn(process.execPath, ['--', STACK_CLI, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Record<string, string>),
    exited.then(([code]) => {
      throw new Error(`The stack ended with exit code ${code} before it was ready.`);
    }),
  ]);
  const environment = Object.fromEntries(Object.entries(ready).filter(([name]) => name !== 'ready'));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  return { environment, stop };
}
