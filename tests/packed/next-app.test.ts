/** A Next.js app: the uploader in a client component, the queue's client in a route of the server. */
import { join } from 'node:path';
import { stackValue } from '@supabase-media/test-support/stack';
import { inject, it } from 'vitest';
import { installApp } from './support/install-app.ts';
import { run, startServer } from './support/run.ts';
import { CHROMIUM, uploadWith } from './support/use-page.ts';

it('serves a Next.js app', async () => {
  const { folder } = await installApp('next');
  const next = join(folder, 'node_modules/next/dist/bin/next');
  // Checks the types too.
  await run(['node', next, 'build'], folder);
  if (CHROMIUM === undefined) return;

  const url = `http://127.0.0.1:${inject('pagePorts').next}`;
  const stop = await startServer({
    script: next,
    args: ['start', '--hostname', '127.0.0.1', '--port', new URL(url).port],
    cwd: folder,
    url,
    environment: { DATABASE_URL: stackValue('DATABASE_URL'), MEDIA_API_URL: inject('apiUrl') },
  });
  try {
    await uploadWith(url, async (page) => {
      await page.locator('output', { hasText: /^ready, then \w+$/ }).waitFor();
    });
  } finally {
    await stop();
  }
});
