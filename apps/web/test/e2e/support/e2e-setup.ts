/** What the browser tests share: a local stack, a worker on it, and the page as `npm run build:web` makes it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import startStack from '@supabase-media/test-support/global-setup';
import type { TestProject } from 'vitest/node';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const WORKER_CLI = at('../../../../../workers/media/dist/cli.js');
const VITE_CLI = at('../../../../../node_modules/vite/bin/vite.js');
const VITE_CONFIG = at('../../../vite.config.ts');

// biome-ignore lint/style/noDefaultExport: vitest calls the default export.
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // As its own process: this one is a test's, and React would be built for tests.
  await promisify(execFile)(process.execPath, ['--', VITE_CLI, 'build', '--config', VITE_CONFIG], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  let environment: Record<string, string> = {};
  const stopStack = await startStack({
    provide: (key: 'stack', value: Record<string, string>) => {
      environment = value;
      project.provide(key, value);
    },
  } as TestProject);
  const stopWorker = await startWorker(environment);
  return async () => {
    await stopWorker();
    await stopStack();
  };
}

async function startWorker(environment: Readonly<Record<string, string>>): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'media-e2e-worker-'));
  const child = spawn(process.execPath, ['--', WORKER_CLI, 'worker'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      LOG_LEVEL: 'warn',
      ...environment,
      WORK_DIR: join(folder, 'work'),
      METRICS_PORT: '0',
      SHUTDOWN_GRACE_SECONDS: '1',
    },
  });
  const exited = once(child, 'exit');
  return async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
}
