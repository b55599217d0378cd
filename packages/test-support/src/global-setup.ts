/** One local stack for all test files. */
import type { TestProject } from 'vitest/node';
import { hasRedis } from './redis.ts';
import { startStackProcess } from './start-stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack's environment: SUPABASE_URL, its keys, DATABASE_URL. */
    stack: Record<string, string>;
  }
}

/** Starts the stack and hands its environment to the tests; what it returns stops it. */
// biome-ignore lint/style/noDefaultExport: vitest calls the default export.
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return startSharedStack(project);
}

/** @param args more arguments of the stack's command line. */
export async function startSharedStack(
  project: TestProject,
  args: readonly string[] = [],
): Promise<() => Promise<void>> {
  if (!hasRedis())
    process.stderr.write('Skipped: the queue on Redis. Set REDIS_URL or install redis-server to test it too.\n');
  const { environment, stop } = await startStackProcess(args);
  project.provide('stack', { ...environment });
  return stop;
}
