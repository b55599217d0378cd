/** Starts a local stack as a separate process, so that its work is not measured as the benchmark's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const STACK_CLI = fileURLToPath(new URL('../stack-cli.js', import.meta.url));

/** Starts the stack with its data in a folder. @throws Error when it ends before it is ready. */
export async function startStackProcess(folder: string): Promise<{
  readonly environment: Record<string, string>;
  readonly stop: () => Promise<void>;
}> {
  const args = ['--', STACK_CLI, '--json', '--port', '0', '--data', join(folder, 'stack')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ready = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(String(line))),
    exited.then(([code]) => {
      throw new Error(`The stack ended with exit code ${code} before it was ready.`);
    }),
  ]);
  const { ready: _ready, ...environment } = ready as Record<string, string>;
  return {
    environment,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
