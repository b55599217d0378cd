/** One local stack for all test files, as a process of its own, started and stopped like a person would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { hasRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack's environment: SUPABASE_URL, its keys, DATABASE_URL. */
    stack: Record<string, string>;
  }
}

const STACK_CLI = fileURLToPath(new URL('../../../tools/local-stack/dist/stack-cli.js', import.meta.url));

/** Starts the stack and hands its environment to the tests; what it returns stops it. */
// biome-ignore lint/style/noDefaultExport: vitest calls the default export.
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!hasRedis())
    process.stderr.write('Skipped: the queue on Redis. Set REDIS_URL or install redis-server to test it too.\n');
  const folder = await mkdtemp(join(tmpdir(), 'media-test-stack-'));
  const child = spawn(process.execPath, ['--', STACK_CLI, '--json', '--port', '0', '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Record<string, unknown>),
    exited.then(([code]) => {
      throw new Error(`The stack ended with exit code ${code} before it was ready.`);
    }),
  ]);
  const environment = Object.fromEntries(Object.entries(ready).filter(([name]) => name !== 'ready'));
  project.provide('stack', environment as Record<string, string>);
  return async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
}
