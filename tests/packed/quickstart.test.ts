/**
 * Does what docs/quickstart.md says, command by command, on this machine, up to a video that plays in Chromium. Changed are
 * only: the repository is this one, packages of ours are tarballs, and ports are free ones.
 */
import { mkdir, mkdtemp, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@supabase-media/test-support/ports';
import { ROOT } from '@supabase-media/test-support/repository';
import { chromium } from 'playwright-core';
import { expect, inject, it } from 'vitest';
import { runScript, type Script, startScript } from './support/run-script.ts';
import { CHROMIUM, LAUNCH, makeVideo, play } from './support/use-page.ts';

const NAME = 'supabase-media-worker';

/** Left out of the copy: what a person has there, and what running it makes. */
const OWN_FILES = new Set(['.git', '.env', 'data']);

/** On a machine that does nothing else, without `git clone` and `npm ci` of this repository: in milliseconds. */
const LIMIT_MS = 600_000;

it.skipIf(CHROMIUM === undefined)('leads from nothing to a video that plays', { timeout: LIMIT_MS }, async () => {
  const folder = await mkdtemp(join(inject('packedFolder'), 'quickstart-'));
  const [api, page] = [await freePort(), await freePort()];
  const adapt = (command: string): string =>
    command
      .replaceAll('localhost:3000', `localhost:${api}`)
      .replaceAll('localhost:5173', `localhost:${page}`)
      .replace('npm run dev', `npm run dev -- --host localhost --port ${page} --strictPort`)
      .replace('@supabase-media/uploader ', `${TARBALLS.map((name) => inject('tarballs')[name]).join(' ')} `);
  const environment = { WEB_PORT: String(api), METRICS_PORT: '0', WORK_DIR: join(folder, 'work'), LOG_LEVEL: 'warn' };
  const [clone = '', stack = '', link, push, worker = '', web = '', create = '', settings = '', app = '', dev = ''] =
    await readBlocks();
  expect(clone).toContain('npm ci');
  expect(`${link}\n${push}`).toMatch(/supabase@2 db push[\s\S]*DATABASE_URL=/);
  await copyRepository(join(folder, NAME));

  const running: (() => Promise<void>)[] = [];
  const start = async (script: string, options: Pick<Script, 'cwd' | 'until'>) => {
    running.push(await startScript({ script: adapt(script), environment, ...options }));
  };
  try {
    const repository = join(folder, NAME);
    await start(stack, { cwd: repository, until: 'SUPABASE_URL' });
    // As npm says it once the doctor found nothing.
    await start(worker, { cwd: folder, until: 'cli.js worker' });
    await start(web, { cwd: folder, until: `http://localhost:${api}/ready` });
    const make = [create, settings, app].map(adapt).join('\n');
    await runScript({ script: make, environment: NPM, cwd: folder });
    await start(dev, { cwd: join(folder, 'my-videos'), until: `http://localhost:${page}` });
    await runScript({ script: 'npx --no-install tsc -b', environment: {}, cwd: join(folder, 'my-videos') });

    const browser = await chromium.launch(LAUNCH);
    try {
      const tab = await browser.newPage();
      tab.setDefaultTimeout(120_000);
      await tab.goto(`http://localhost:${page}`);
      await tab.getByLabel('E-mail').fill('me@example.com');
      await tab.getByLabel('Password').fill('correct horse battery');
      await tab.getByRole('button', { name: 'Sign in' }).click();
      await tab.locator('input[type=file]').setInputFiles(await makeVideo());
      await play(tab);
    } finally {
      await browser.close();
    }
  } finally {
    for (const stop of running.reverse()) await stop();
  }
});

/** Nobody is asked anything, and what is known already is not asked for again. */
const NPM = {
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_yes: 'true',
};

/** With what the uploader needs of ours: npm takes all from one command. */
const TARBALLS = ['@supabase-media/core', '@supabase-media/upload-protocol', '@supabase-media/uploader'];

/** The shell blocks, in order. */
async function readBlocks(): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, 'docs/quickstart.md'), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => String(block));
}

/** This repository in another place, for a `.env` and data of its own. */
async function copyRepository(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of await readdir(ROOT)) if (!OWN_FILES.has(name)) await symlink(join(ROOT, name), join(folder, name));
}
