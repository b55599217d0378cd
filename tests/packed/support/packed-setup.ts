/** What all these tests share: the tarballs, a local stack, a worker on it, and an API that the foreign pages may call. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import startStack from '@supabase-media/test-support/global-setup';
import { freePort } from '@supabase-media/test-support/ports';
import { ROOT } from '@supabase-media/test-support/repository';
import type { TestProject } from 'vitest/node';
import { packPublic } from './packages.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The tarball of every public package, by name. */
    tarballs: Record<string, string>;
    /** Outside of the repository, removed at the end. */
    packedFolder: string;
    apiUrl: string;
    /** Where the foreign pages may be, as far as the API is concerned. */
    pagePorts: { vite19: number; vite18: number; next: number; reactRouter: number };
  }
}

// biome-ignore lint/style/noDefaultExport: vitest calls the default export.
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'media-packed-'));
  project.provide('packedFolder', folder);
  project.provide('tarballs', await packPublic(folder));
  let stack: Record<string, string> = {};
  const stopStack = await startStack({
    provide: (key: 'stack', value: Record<string, string>) => {
      stack = value;
      project.provide(key, value);
    },
  } as TestProject);
  const pagePorts = {
    vite19: await freePort(),
    vite18: await freePort(),
    next: await freePort(),
    reactRouter: await freePort(),
  };
  const apiPort = await freePort();
  project.provide('pagePorts', pagePorts);
  project.provide('apiUrl', `http://127.0.0.1:${apiPort}`);
  const environment = {
    PATH: process.env.PATH,
    LOG_LEVEL: 'warn',
    ...stack,
    WORK_DIR: join(folder, 'work'),
    METRICS_PORT: '0',
    SHUTDOWN_GRACE_SECONDS: '1',
    WEB_PORT: String(apiPort),
    WEB_ORIGINS: Object.values(pagePorts)
      .map((port) => `http://127.0.0.1:${port}`)
      .join(','),
  };
  const start = (...args: readonly string[]): ChildProcess =>
    spawn(process.execPath, ['--', ...args], { cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const running = [
    start(join(ROOT, 'workers/media/dist/cli.js'), 'worker'),
    start(join(ROOT, 'apps/web/dist/server/server-cli.js'), 'serve'),
  ];
  const ended = running.map((child) => once(child, 'exit'));
  return async () => {
    for (const child of running) child.kill('SIGTERM');
    await Promise.all(ended);
    await stopStack();
    await rm(folder, { recursive: true, force: true });
  };
}
