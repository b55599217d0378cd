/** The app of docs/frameworks/vite.md, with React 19 and 18: type-checked, built, and used in Chromium. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, inject, it } from 'vitest';
import { installApp } from './support/install-app.ts';
import { run, startServer } from './support/run.ts';
import { CHROMIUM, uploadAndWatch } from './support/use-page.ts';

/** `client` and React component together, in bytes. */
const LIBRARY_BUDGET = 40 * 1024;

const REACT_18 = {
  react: '18.3.1',
  'react-dom': '18.3.1',
  '@types/react': '18.3.32',
  '@types/react-dom': '18.3.7',
};

it.each([
  ['19', {}, 'vite19'],
  ['18', REACT_18, 'vite18'],
] as const)('serves an app with React %s', async (_react, versions, port) => {
  const { folder, environment } = await installApp('vite', 'frameworks/vite.md', versions);
  const vite = join(folder, 'node_modules/vite/bin/vite.js');
  await run(['npx', '--no-install', 'tsc'], folder);
  // Supabase's types do not bear such a look; ours do.
  await run(['npx', '--no-install', 'tsc', '-p', 'tsconfig.types.json'], folder);
  await run(['node', vite, 'build'], folder, environment);
  await run(['node', vite, 'build', '--config', 'vite.library.config.ts'], folder);
  const library = await readFile(join(folder, 'dist-library/library.js'));
  expect(library.byteLength).toBeGreaterThan(10_000);
  expect(gzipSync(library).byteLength).toBeLessThanOrEqual(LIBRARY_BUDGET);
  if (CHROMIUM === undefined) return;

  const url = `http://127.0.0.1:${inject('pagePorts')[port]}`;
  const args = ['preview', '--host', '127.0.0.1', '--port', new URL(url).port, '--strictPort'];
  const stop = await startServer({ script: vite, args, cwd: folder, url });
  try {
    await uploadAndWatch(url);
  } finally {
    await stop();
  }
});
