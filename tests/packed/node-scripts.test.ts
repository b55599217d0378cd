/** The scripts of docs/frameworks/node.md, as ES module and as CommonJS: type-checked, compiled, and run to the end. */
import { stackEnvironment } from '@supabase-media/test-support/stack';
import { chromium } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { installApp } from './support/install-app.ts';
import { run } from './support/run.ts';
import { CHROMIUM, LAUNCH, makeVideo, play, signUp } from './support/use-page.ts';

let folder: string;
beforeAll(async () => {
  ({ folder } = await installApp('node', 'frameworks/node.md'));
  await run(['npx', '--no-install', 'tsc'], folder);
  // Supabase's types do not bear such a look; ours do.
  await run(['npx', '--no-install', 'tsc', '-p', 'tsconfig.types.json'], folder);
});

const EXPERIMENTAL = /^\(node:\d+\) ExperimentalWarning: .*\n.*\n/m;

/** @returns what a script printed, and that it warned of nothing. */
async function runScript(...command: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await run(['node', ...command], folder, stackEnvironment());
  // Such as ExperimentalWarning, which Node 20 and 22.11 write for require of an ES module.
  expect(stderr.replace(EXPERIMENTAL, '')).toBe('');
  return JSON.parse(stdout);
}

it('processes a file and prints where it plays; enqueues from CommonJS, and waits', async () => {
  const { id } = await signUp();
  const printed = await runScript('process-video.mjs', await makeVideo(), id);
  expect(printed).toMatchObject({
    path: expect.stringContaining(id),
    outcome: expect.stringMatching(/^(remuxed|processed)$/),
  });
  const { path, url } = printed as { readonly path: string; readonly url: string };
  expect(await runScript('enqueue.cjs', path, id)).toMatchObject({ outcome: expect.any(String) });
  if (CHROMIUM === undefined) return;
  const browser = await chromium.launch(LAUNCH);
  try {
    const page = await browser.newPage();
    await page.setContent(`<video src="${url}"></video>`);
    expect(await play(page)).toBe(url);
  } finally {
    await browser.close();
  }
});
