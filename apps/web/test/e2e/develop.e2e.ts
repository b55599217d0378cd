/** Proves `npm run dev`: one command, a page with hot reload where the demo user gets in, and nothing left at the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUM_ARGS } from '@supabase-media/test-support/browser';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, PATIENCE_MS } from './support/page-lab.ts';

const DEV_CLI = fileURLToPath(new URL('../../../../tools/demo/dist/dev-cli.js', import.meta.url));

/** The command lines of running processes with a variable in their environment; none where there is no /proc. */
async function listProcesses(variable: string): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const read = (id: string, file: string) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '');
  const found = await Promise.all(
    ids.map(async (id) => ((await read(id, 'environ')).split('\0').includes(variable) ? read(id, 'cmdline') : '')),
  );
  return found.filter((line) => line !== '');
}

describe.skipIf(CHROMIUM === undefined)('npm run dev', () => {
  let data: string;
  let child: ChildProcess;
  let said = '';
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'media-dev-'));
    child = spawn(process.execPath, ['--', DEV_CLI, '--data', data], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Every process of it has this HOME, by which it is found at the end.
      env: { PATH: process.env.PATH, HOME: data },
    });
    const ended = once(child, 'exit');
    const ready = new Promise<void>((resolve) => {
      child.stdout?.on('data', (text) => {
        said += String(text);
        if (said.includes('Ctrl-C')) resolve();
      });
    });
    await Promise.race([ready, ended.then(() => Promise.reject(new Error(`It ended before it was ready:\n${said}`)))]);
  });
  afterAll(async () => {
    if (child?.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(data, { recursive: true, force: true });
  });

  it('lets the demo user in, shows changes at once, and ends all of it', async () => {
    const read = (name: string): string => new RegExp(`^${name} +(\\S+)$`, 'm').exec(said)?.[1] ?? '';
    const [page, api, supabase] = [read('The page'), read('The API'), read('Supabase')];
    const browser = await chromium.launch({
      ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
      args: [...CHROMIUM_ARGS],
    });
    try {
      const tab = await browser.newPage();
      tab.setDefaultTimeout(PATIENCE_MS);
      const connected = tab.waitForEvent('console', (message) => message.text().includes('[vite] connected'));
      await tab.goto(page);
      await connected;
      await tab.getByLabel('E-mail').fill(read('Sign in with'));
      await tab.getByLabel('Password').fill(read('Password'));
      await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
      await tab.getByText('No videos yet.').waitFor();
    } finally {
      await browser.close();
    }
    child.kill('SIGTERM');
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(code).toBe(0);
    for (const url of [page, api, supabase]) await expect(fetch(url), url).rejects.toThrow();
    await expect.poll(() => listProcesses(`HOME=${data}`), { timeout: 10_000 }).toEqual([]);
  });
});
