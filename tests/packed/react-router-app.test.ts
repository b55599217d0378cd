/** The app of docs/frameworks/react-router.md: type-checked, rendered on a server, and used in Chromium. */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { EVERY_VERSION } from './support/frameworks.ts';
import { installApp } from './support/install-app.ts';
import { run, startServer } from './support/run.ts';
import { CHROMIUM, uploadAndWatch } from './support/use-page.ts';

/** Version 8 asks for a newer Node than our oldest. */
const CAN_RUN_8 = Number.parseFloat(process.versions.node) >= 22.22;
const VERSION_8 = Object.fromEntries(
  ['react-router', '@react-router/node', '@react-router/serve', '@react-router/dev'].map((name) => [name, '8.4.0']),
);
const VERSIONS = [['7', {}] as const, ...(EVERY_VERSION && CAN_RUN_8 ? [['8', VERSION_8] as const] : [])];

it.each(VERSIONS)('serves an app with React Router %s', async (_, versions) => {
  const { folder, environment } = await installApp('react-router', 'frameworks/react-router.md', versions);
  await run(['npx', '--no-install', 'tsc'], folder);
  await run(['npx', '--no-install', 'react-router', 'build'], folder, environment);
  if (CHROMIUM === undefined) return;

  const url = `http://127.0.0.1:${inject('pagePorts').reactRouter}`;
  const stop = await startServer({
    script: join(folder, 'node_modules/@react-router/serve/bin.js'),
    args: ['build/server/index.js'],
    cwd: folder,
    url,
    environment: { HOST: '127.0.0.1', PORT: new URL(url).port, NODE_ENV: 'production' },
  });
  try {
    expect(await (await fetch(url)).text()).toContain('aria-label="E-mail"');
    await uploadAndWatch(url);
  } finally {
    await stop();
  }
});
