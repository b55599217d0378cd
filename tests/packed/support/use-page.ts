/** A foreign page in Chromium, its user signed in, and a real video to give it. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { CHROMIUM_ARGS, findChromium } from '@supabase-media/test-support/browser';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import { chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { run } from './run.ts';

export const CHROMIUM = findChromium();

/** An MP4 of two seconds, other than every other one: the same file would be known to the API. */
export async function makeVideo(): Promise<string> {
  const { ffmpeg } = await locateTools();
  const file = join(inject('packedFolder'), `${randomUUID()}.mp4`);
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2'];
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-metadata', `comment=${file}`];
  await run([ffmpeg.path, '-nostdin', '-v', 'error', ...input, ...encoding, file], '/');
  return file;
}

async function signUp(): Promise<string> {
  const apikey = stackEnvironment().SUPABASE_ANON_KEY ?? stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: randomUUID() }),
  });
  return String(((await answer.json()) as { access_token?: string }).access_token);
}

/** Opens a page that takes its user's token from the address, and hands it a video; all errors of the page throw. */
export async function uploadWith(url: string, use: (page: Page) => Promise<void>): Promise<void> {
  const [video, token] = await Promise.all([makeVideo(), signUp()]);
  const browser = await chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: [...CHROMIUM_ARGS],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(`${url}/#${token}`);
    await page.locator('input[type=file]').setInputFiles(video);
    try {
      await use(page);
    } catch (error) {
      throw new Error(`${problems.join('\n')}\n${await page.locator('body').innerText()}`, { cause: error });
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
  } finally {
    await browser.close();
  }
}
