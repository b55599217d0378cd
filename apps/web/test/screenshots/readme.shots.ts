/** Takes the six pictures of the README: real uploads, a real worker, and clips that belong to nobody. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, filesInput, openPageLab, type PageLab, videoCard } from '../e2e/support/page-lab.ts';

const FOLDER = fileURLToPath(new URL('../../../../docs/screenshots/', import.meta.url));

/** A README is read over slow connections, too. In bytes. */
const PICTURE_MAX = 150_000;

const MB = 1_000_000;

/** Name, length in seconds, colours. */
const FILMS = [
  ['Morning at the lake.mp4', 7, '0x0b3d91:c1=0xf7b267'],
  ['Product tour.mp4', 11, '0x1b1b3a:c1=0x8d5bff'],
  ['Team meeting, May.mp4', 14, '0x0f766e:c1=0xd9f99d'],
  ['First steps.mp4', 4, '0x7f1d1d:c1=0xfecaca'],
] as const;

const WIDE = { viewport: { width: 1280, height: 830 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

describe.skipIf(CHROMIUM === undefined)('the pictures of the README', () => {
  let lab: PageLab;
  let ffmpeg: string;
  beforeAll(async () => {
    lab = await openPageLab();
    ffmpeg = (await locateTools()).ffmpeg.path;
    await mkdir(FOLDER, { recursive: true });
  });
  afterAll(() => lab?.close());

  const run = (...args: readonly string[]) => promisify(execFile)(ffmpeg, ['-nostdin', '-v', 'error', '-y', ...args]);

  const makeFilm = async ([name, seconds, colors]: (typeof FILMS)[number]): Promise<string> => {
    const file = join(lab.folder, name);
    const picture = `gradients=size=640x360:rate=24:nb_colors=2:c0=${colors}:x0=0:y0=0:x1=640:y1=360:seed=7:duration=${seconds}:speed=0.002`;
    const sound = ['-f', 'lavfi', '-i', `sine=frequency=220:duration=${seconds}`];
    const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-c:a', 'aac'];
    await run('-f', 'lavfi', '-i', picture, ...sound, ...codecs, '-movflags', '+faststart', file);
    return file;
  };

  /** 256 colours do for a page, and a third of the bytes. */
  const shoot = async (page: Page, name: string): Promise<void> => {
    await page.mouse.move(3, 3);
    await page.waitForTimeout(700);
    const [whole, file] = [join(lab.folder, `${name}.png`), join(FOLDER, `${name}.png`)];
    await page.screenshot({ path: whole });
    await run('-i', whole, '-vf', 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=bayer:bayer_scale=4', file);
    await rm(whole);
    expect((await stat(file)).size, `${name} in bytes`).toBeLessThan(PICTURE_MAX);
  };

  it('are taken', async () => {
    const proxy = await lab.clients.behind(({ method, bytes }) =>
      method === 'PATCH' && bytes > MB ? { kind: 'throttle', bytesPerSecond: 3 * MB } : { kind: 'pass' },
    );
    const api = await lab.clients.startApi({ publicUrl: proxy.url });
    const page = await lab.openPage({ at: api.url, colorScheme: 'light', ...WIDE });
    const user = await lab.signUp(page);
    const films: string[] = [];
    for (const film of FILMS) films.push(await makeFilm(film));
    await filesInput(page).setInputFiles(films);
    for (const [name] of FILMS)
      await videoCard(page, name).getByText('Ready', { exact: true }).waitFor({ timeout: 200_000 });
    await page.reload();
    await expect.poll(() => page.locator('img.poster__image').count(), { timeout: 60_000 }).toBe(FILMS.length);
    await shoot(page, 'library-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await videoCard(page, 'Product tour.mp4').getByRole('button', { name: /^More/ }).click();
    await shoot(page, 'library-dark');
    await page.keyboard.press('Escape');
    await videoCard(page, 'Morning at the lake.mp4')
      .getByRole('link', { name: 'Watch Morning at the lake.mp4 now' })
      .click();
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
    await page.evaluate(() => {
      const video = document.querySelector('video');
      if (video !== null) video.currentTime = 3;
    });
    await shoot(page, 'player-dark');
    await page.getByRole('link', { name: 'All videos' }).click();

    const phone = await lab.openPage({ at: api.url, colorScheme: 'dark', ...PHONE });
    await lab.signIn(phone, user);
    await expect.poll(() => phone.locator('img.poster__image').count(), { timeout: 60_000 }).toBeGreaterThan(0);
    await phone.evaluate(() => document.getElementById('library-title')?.scrollIntoView());
    await shoot(phone, 'phone-dark');

    await page.emulateMedia({ colorScheme: 'light' });
    await filesInput(page).setInputFiles(await lab.makeLongClip('Skiing, GoPro.avi', 8));
    const converting = videoCard(page, 'Skiing, GoPro.avi');
    await converting.getByText(/^Converting/).waitFor({ timeout: 200_000 });
    await converting.getByText(/left$/).waitFor({ timeout: 200_000 });
    const big = await lab.clients.makeFile({ bytes: 90 * MB, seed: 41 });
    const name = 'Wedding, camera 2.mov';
    const sent = join(lab.folder, name);
    await copyFile(join(lab.clients.folder, big.source.name), sent);
    await filesInput(page).setInputFiles(sent);
    await videoCard(page, name).getByText(/MB\/s/).waitFor();
    await videoCard(page, name).getByText(/left$/).waitFor();
    await shoot(page, 'uploading-light');
    await page.setViewportSize(PHONE.viewport);
    await page.evaluate(() => document.getElementById('library-title')?.scrollIntoView());
    await shoot(page, 'phone-light');
  });
});
