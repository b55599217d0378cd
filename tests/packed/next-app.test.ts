/** The app of docs/frameworks/nextjs.md: prerendered, used in Chromium, and its route enqueues a file. */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { EVERY_VERSION } from './support/frameworks.ts';
import { installApp } from './support/install-app.ts';
import { run, startServer } from './support/run.ts';
import { CHROMIUM, readNewest, storeVideo, uploadAndWatch } from './support/use-page.ts';

const VERSIONS = [['16', {}] as const, ...(EVERY_VERSION ? [['15', { next: '15.5.29' }] as const] : [])];

it.each(VERSIONS)('serves an app with Next.js %s', async (_, versions) => {
  const { folder, environment } = await installApp('next', 'frameworks/nextjs.md', versions);
  const next = join(folder, 'node_modules/next/dist/bin/next');
  // Checks the types too. The page is made here, without a browser: "○  (Static)".
  const { stdout } = await run(['node', next, 'build'], folder, environment);
  expect(stdout).toMatch(/○ \/(\s|$)/m);
  if (CHROMIUM === undefined) return;

  const url = `http://127.0.0.1:${inject('pagePorts').next}`;
  const stop = await startServer({
    script: next,
    args: ['start', '--hostname', '127.0.0.1', '--port', new URL(url).port],
    cwd: folder,
    url,
    environment,
  });
  try {
    await uploadAndWatch(url, async (page, { id, token }) => {
      const ask = (path: string) =>
        page.request.post(`${url}/api/videos`, { data: { path }, headers: { authorization: `Bearer ${token}` } });
      expect((await ask('somebody-else/clip.mp4')).status()).toBe(404);
      const path = await storeVideo(id);
      expect((await ask(path)).status()).toBe(202);
      await expect
        .poll(() => readNewest(token), { timeout: 60_000 })
        .toMatchObject({ sourcePath: path, status: 'ready' });
    });
  } finally {
    await stop();
  }
});
