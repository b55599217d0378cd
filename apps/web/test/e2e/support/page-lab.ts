/** A browser before the page, with users, files and ways that break. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locateTools } from '@supabase-media/media/locate-tools';
import { CHROMIUM_ARGS, findChromium } from '@supabase-media/test-support/browser';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { type ClientLab, openClientLab } from '../../support/client-lab.ts';

export interface PageUser {
  readonly email: string;
  readonly password: string;
}

export interface PageLab {
  readonly clients: ClientLab;
  readonly clips: ClipShop;
  readonly folder: string;
  /** The API with the page, as a person opens it. */
  readonly url: string;
  /** A new browser context: nothing of another one is remembered. */
  readonly openPage: (options?: BrowserContextOptions & { readonly at?: string }) => Promise<Page>;
  /** Makes an account through the page, and is in. */
  readonly signUp: (page: Page) => Promise<PageUser>;
  readonly signIn: (page: Page, user: PageUser) => Promise<void>;
  /** A 1080p file, of which a worker encodes little more than a second in a second. */
  readonly makeLongClip: (name: string, seconds: number) => Promise<string>;
  /** Six seconds with a SubRip file as its English subtitles. */
  readonly makeSubtitledClip: (name: string, subtitles: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export const CHROMIUM = findChromium();

/** What a machine that does other things meanwhile may take for a step, in milliseconds. */
export const PATIENCE_MS = 60_000;

export async function openPageLab(): Promise<PageLab> {
  const clients = await openClientLab();
  const api = await clients.startApi();
  const tools = await locateTools();
  const clips = await openClipShop(tools);
  const folder = await mkdtemp(join(tmpdir(), 'page-lab-'));
  const browser: Browser = await chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: [...CHROMIUM_ARGS],
  });
  const contexts: BrowserContext[] = [];
  const openPage: PageLab['openPage'] = async ({ at = api.url, ...options } = {}) => {
    const context = await browser.newContext({ baseURL: at, viewport: { width: 1280, height: 900 }, ...options });
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    // Leaving while something is sent is asked about; these tests mean it.
    page.on('dialog', (dialog) => void dialog.accept());
    await page.goto('/');
    return page;
  };
  const enter = async (page: Page, user: PageUser, button: string) => {
    await page.getByLabel('E-mail').fill(user.email);
    await page.getByLabel('Password').fill(user.password);
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('heading', { name: 'Library' }).waitFor();
  };
  return {
    clients,
    clips,
    folder,
    url: api.url,
    openPage,
    signUp: async (page) => {
      const user = { email: `${randomUUID().slice(0, 8)}@example.com`, password: randomUUID() };
      await page.getByRole('button', { name: 'Create an account' }).click();
      await enter(page, user, 'Create account');
      return user;
    },
    makeLongClip: async (name, seconds) => {
      const file = join(folder, name);
      const source = ['-f', 'lavfi', '-i', `testsrc2=size=1920x1080:rate=30:duration=${seconds}`];
      const args = [
        '-nostdin',
        '-v',
        'error',
        '-y',
        ...source,
        '-c:v',
        'mjpeg',
        '-q:v',
        '8',
        '-pix_fmt',
        'yuvj420p',
        file,
      ];
      await promisify(execFile)(tools.ffmpeg.path, args);
      return file;
    },
    makeSubtitledClip: async (name, subtitles) => {
      const file = join(folder, name);
      const inputs = ['-i', await clips.clip('seconds.mp4'), '-i', subtitles, '-map', '0', '-map', '1'];
      const options = ['-c', 'copy', '-c:s', 'subrip', '-metadata:s:s:0', 'language=eng'];
      await promisify(execFile)(tools.ffmpeg.path, ['-nostdin', '-v', 'error', '-y', ...inputs, ...options, file]);
      return file;
    },
    signIn: (page, user) => enter(page, user, 'Sign in'),
    close: async () => {
      for (const context of contexts) await context.close();
      await browser.close();
      await clips.close();
      await clients.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The input of the drop zone. */
export const filesInput = (page: Page) => page.getByLabel('Choose videos or drop them here');

/** The card of an upload or a video: one and the same, from the first byte on. */
export const videoCard = (page: Page, title: string) =>
  page.getByRole('region', { name: 'Library' }).getByRole('listitem').filter({ hasText: title });

/** Waits until a card's file is sent and the API has taken it. */
export const untilSent = (card: Locator) =>
  card.and(card.page().locator('[data-upload=completed]')).waitFor({ timeout: 200_000 });

/** Chooses from a card's menu. */
export async function chooseIn(card: Locator, item: string): Promise<void> {
  await card.getByRole('button', { name: /^More for / }).click();
  await card.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Drops files of the disk, as a person does: the browser reads them itself. */
export async function dropFiles(page: Page, paths: readonly string[], target = '.video-uploader__zone'): Promise<void> {
  const box = await page.locator(target).boundingBox();
  if (box === null) throw new Error(`${target} is not on the page.`);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2, data };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...place });
  await session.detach();
}
