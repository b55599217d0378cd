/** A foreign page in Chromium, its user signed in, and a real video to give it. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { CHROMIUM_ARGS, findChromium } from '@supabase-media/test-support/browser';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import { chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { run } from './run.ts';

export const CHROMIUM = findChromium();

export const LAUNCH = { ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }), args: [...CHROMIUM_ARGS] };

/** An MP4 of two seconds, other than every other one: the same file would be known to the API. */
export async function makeVideo(): Promise<string> {
  const { ffmpeg } = await locateTools();
  const file = join(inject('packedFolder'), `${randomUUID()}.mp4`);
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2'];
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-metadata', `comment=${file}`];
  await run([ffmpeg.path, '-nostdin', '-v', 'error', ...input, ...encoding, file], '/');
  return file;
}

interface Account {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

export async function signUp(): Promise<Account> {
  const apikey = stackEnvironment().SUPABASE_ANON_KEY ?? stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const who = { email: `${randomUUID()}@example.com`, password: randomUUID() };
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey, 'content-type': 'application/json' },
    body: JSON.stringify(who),
  });
  const { access_token: token, user } = (await answer.json()) as { access_token?: string; user?: { id?: string } };
  return { ...who, token: String(token), id: String(user?.id) };
}

/** Puts a video into the source bucket past the intake, as an app's server would. @returns its path. */
export async function storeVideo(ownerId: string): Promise<string> {
  const path = `${ownerId}/${randomUUID()}.mp4`;
  const key = stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const stored = await fetch(`${stackValue('SUPABASE_URL')}/storage/v1/object/project-videos/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, apikey: key, 'content-type': 'video/mp4' },
    body: await readFile(await makeVideo()),
  });
  if (!stored.ok) throw new Error(`Storage answered ${stored.status}.`);
  return path;
}

/** The user's newest video, as the API has it. */
export async function readNewest(
  token: string,
): Promise<{ readonly status: string; readonly sourcePath: string } | undefined> {
  const answer = await fetch(`${inject('apiUrl')}/api/videos`, { headers: { authorization: `Bearer ${token}` } });
  const { videos } = (await answer.json()) as { videos: { status: string; sourcePath: string }[] };
  return videos[0];
}

/**
 * What a person does with an app made of the documents: signs in, uploads a video, waits for it, sees it play, and again
 * at the next visit, then as a stream. All errors of the page throw.
 */
export async function uploadAndWatch(
  url: string,
  also: (page: Page, account: Account) => Promise<void> = async () => {},
): Promise<void> {
  const [video, account] = await Promise.all([makeVideo(), signUp()]);
  const browser = await chromium.launch(LAUNCH);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    try {
      await page.goto(url);
      await page.getByLabel('E-mail').fill(account.email);
      await page.getByLabel('Password').fill(account.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('input[type=file]').setInputFiles(video);
      await play(page);
      await expect.poll(async () => (await readNewest(account.token))?.status, { timeout: 60_000 }).toBe('ready');
      await page.reload();
      expect(await play(page)).toMatch(/^blob:/);
      await also(page, account);
    } catch (error) {
      throw new Error(`${problems.join('\n')}\n${await page.locator('body').innerText()}`, { cause: error });
    }
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
  }
}

/** Plays the page's video for half a second. @returns where it comes from. */
export async function play(page: Page): Promise<string> {
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
  return page.evaluate(async () => {
    const video = document.querySelector('video');
    if (video === null) throw new Error('There is no video.');
    video.muted = true;
    await video.play();
    await new Promise<void>((resolve) => {
      const look = () => (video.currentTime > 0.4 ? resolve() : requestAnimationFrame(look));
      look();
    });
    video.pause();
    return video.currentSrc;
  });
}
