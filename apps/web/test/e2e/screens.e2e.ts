/**
 * Takes a picture of every state, wide and narrow, light and dark, for people to look at, and proves what can be
 * measured of them: nothing is wider than the screen, no word is cut off, nothing jumps. SCREENS_DIR says where to;
 * SCREENS=all takes all four pairs of width and colour.
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, filesInput, openPageLab, type PageLab, videoCard } from './support/page-lab.ts';

const MB = 1_000_000;

const LONG_NAME = 'Summer holiday 2026 - the long way round the lake with everybody, second attempt (final).txt';

const ALL_SCREENS = [
  { name: 'wide-light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'wide-dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  { name: 'phone-light', viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true, isMobile: true },
  { name: 'phone-dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true, isMobile: true },
] as const;

/** Both widths and both colours; all four pairs where they are asked for. */
const SCREENS = ALL_SCREENS.filter(
  ({ name }) => process.env.SCREENS === 'all' || name === 'wide-light' || name === 'phone-dark',
);

describe.skipIf(CHROMIUM === undefined)('every state', () => {
  let lab: PageLab;
  let folder: string;
  beforeAll(async () => {
    lab = await openPageLab();
    folder = process.env.SCREENS_DIR ?? (await mkdtemp(join(tmpdir(), 'media-screens-')));
    await mkdir(folder, { recursive: true });
  });
  afterAll(async () => {
    await lab?.close();
    process.stdout.write(`Pictures of every state: ${folder}\n`);
  });

  it.each(SCREENS)('fits and keeps still: $name', async ({ name, ...screen }) => {
    const throttle = { bytesPerSecond: 4 * MB };
    const proxy = await lab.clients.behind(({ method }) =>
      method === 'PATCH' ? { kind: 'throttle', ...throttle } : { kind: 'pass' },
    );
    const api = await lab.clients.startApi({ publicUrl: proxy.url });
    const page = await lab.openPage({ at: api.url, ...screen });
    const problems: string[] = [];
    const shoot = async (state: string) => {
      // What is still on its way to its place is nobody's picture.
      await page.waitForTimeout(350);
      problems.push(...(await findLayoutProblems(page)).map((problem) => `${state}: ${problem}`));
      await page.screenshot({ path: join(folder, `${name}-${state}.png`), fullPage: true });
    };

    await shoot('1-sign-in');
    await page.getByLabel('E-mail').fill('nobody@example.com');
    await page.getByLabel('Password').fill('not a password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await shoot('2-sign-in-refused');
    await page.reload();
    await lab.signUp(page);
    await page.getByText('No videos yet.').waitFor();
    await shoot('3-empty');

    const make = async (bytes: number, seed: number) => {
      const { source } = await lab.clients.makeFile({ bytes, seed });
      return { name: source.name, path: join(lab.clients.folder, source.name) };
    };
    const [big, paused] = [await make(96 * MB, 21), await make(48 * MB, 22)];
    const clip = await lab.clips.clip('portrait.mp4');
    await filesInput(page).setInputFiles([big.path, paused.path, clip]);
    await filesInput(page).setInputFiles({ name: LONG_NAME, mimeType: 'text/plain', buffer: Buffer.from('No.') });
    await videoCard(page, paused.name).getByText(/MB\/s/).waitFor();
    await videoCard(page, paused.name)
      .getByRole('button', { name: /^Pause/ })
      .click();
    await videoCard(page, 'portrait.mp4').waitFor();
    // From here on nobody adds anything: what moves now moves by itself.
    await watchShifts(page);
    await videoCard(page, big.name).getByText(/left/).waitFor();
    await shoot('4-uploading');
    await page.context().setOffline(true);
    await videoCard(page, big.name).getByText('Waiting to try again').waitFor();
    await shoot('5-offline');
    await page.context().setOffline(false);
    await videoCard(page, big.name).getByText(/MB\/s/).waitFor();

    await videoCard(page, 'portrait.mp4').getByText('Ready', { exact: true }).waitFor({ timeout: 120_000 });
    expect(await readShifts(page), 'how far things jumped by themselves').toBeLessThan(0.1);
    await page.reload();
    await page.getByText('We kept your place').waitFor();
    await shoot('6-place-kept');
    for (const record of [big, paused]) await page.getByRole('button', { name: `Discard ${record.name}` }).click();

    const broken = join(lab.folder, `${name}-broken recording.mp4`);
    await writeFile(broken, '\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom and nothing else');
    await filesInput(page).setInputFiles([
      broken,
      await lab.clips.clip('wide.mp4'),
      await lab.clips.clip('surround.mp4'),
    ]);
    await page.locator('.card[data-status=processing] .meter').first().waitFor();
    await shoot('7-processing');
    await videoCard(page, 'broken recording').getByText('Not usable').waitFor({ timeout: 120_000 });
    for (const title of ['wide.mp4', 'surround.mp4'])
      await videoCard(page, title).getByText('Ready', { exact: true }).waitFor({ timeout: 120_000 });
    await page.locator('.poster__image').first().waitFor();
    await shoot('8-library');
    const openMenu = async () => {
      await videoCard(page, 'portrait.mp4').getByRole('button', { name: /^More/ }).click();
      await page.getByRole('menu').waitFor();
    };
    await openMenu();
    await shoot('9-menu');
    // A picture of the whole page makes a phone's window longer for a moment, and a menu closes with that.
    if (!(await page.getByRole('menu').isVisible())) await openMenu();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await shoot('9-undo');
    await page.getByRole('button', { name: 'Undo' }).click();

    for (const title of ['wide.mp4', 'portrait.mp4']) {
      await videoCard(page, title)
        .getByRole('link', { name: `Watch ${title} now` })
        .click();
      await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
      await page.evaluate(() => document.querySelector('video')?.play());
      await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3);
      await page.evaluate(() => document.querySelector('video')?.pause());
      if (!('isMobile' in screen)) await page.locator('media-time-range').hover();
      await shoot(`a-player-${title}`);
      await page.getByRole('link', { name: 'All videos' }).click();
    }
    await page.goto('/videos/00000000-0000-4000-8000-000000000000');
    await page.getByText('This video cannot be shown').waitFor();
    await shoot('b-no-such-video');
    expect(problems).toEqual([]);
  });
});

/** What sticks out or is cut off without a sign that it is. */
function findLayoutProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = [];
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth - clientWidth} px wider than the screen`);
    for (const element of document.querySelectorAll('h1, h2, h3, p, button, a, label, dt, dd, span')) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const isShown = box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true });
      if (!isShown || style.textOverflow === 'ellipsis') continue;
      const words = element.textContent?.trim().slice(0, 40);
      if (box.left < -1 || box.right > clientWidth + 1) problems.push(`"${words}" is beyond the edge`);
      if (element.scrollWidth > element.clientWidth + 1 && style.overflowX === 'hidden' && element.clientWidth > 0)
        problems.push(`"${words}" is cut off`);
    }
    const buttons = [...document.querySelectorAll('button, .button')].filter((element) => element.checkVisibility());
    for (const [index, one] of buttons.entries())
      for (const other of buttons.slice(index + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const isOver = a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
        const isBehind = document.querySelector('dialog[open], .menu:popover-open, .video-uploader__undo') !== null;
        if (isOver && !isBehind) problems.push(`"${one.textContent}" and "${other.textContent}" overlap`);
      }
    return [...new Set(problems)];
  });
}

/** Adds up how far things move that nobody moved (Layout Instability, W3C): below 0.1 counts as still. */
async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sum = { value: 0 };
    Object.assign(globalThis, { layoutShifts: sum });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
        if (!hadRecentInput) sum.value += value;
      }
    }).observe({ type: 'layout-shift' });
  });
}

const readShifts = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as { layoutShifts: { value: number } }).layoutShifts.value);
