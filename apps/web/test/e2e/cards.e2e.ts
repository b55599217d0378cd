/** Proves the cards: one from the first byte to the end, renamed, shared, saved; a question or an undo before a loss. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  chooseIn,
  dropFiles,
  filesInput,
  openPageLab,
  type PageLab,
  untilSent,
  videoCard,
} from './support/page-lab.ts';

const MB = 1_000_000;

describe.skipIf(CHROMIUM === undefined)('a card', () => {
  let lab: PageLab;
  let page: Page;
  beforeAll(async () => {
    lab = await openPageLab();
    page = await lab.openPage({ permissions: ['clipboard-read', 'clipboard-write'] });
    await lab.signUp(page);
  });
  afterAll(() => lab?.close());

  it('is one and the same from the first byte to the end, wherever the file was dropped', async () => {
    const broken = await lab.clients.makeFile({ bytes: 3 * MB, seed: 31 });
    const words = collectWords(page, broken.source.name);
    await dropFiles(page, [await lab.clips.clip('web-ready.mp4'), join(lab.clients.folder, broken.source.name)], 'h2');
    const [card, other] = [videoCard(page, 'web-ready.mp4'), videoCard(page, broken.source.name)];
    for (const one of [card, other]) await one.evaluate((element) => Object.assign(element, { isTheFirst: true }));
    await untilSent(card);
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 120_000 });
    await other.getByText('Not usable').waitFor({ timeout: 120_000 });
    for (const one of [card, other])
      expect(await one.evaluate((element) => 'isTheFirst' in element && element.isConnected)).toBe(true);
    // In the order in which they were chosen, still.
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'web-ready.mp4',
      broken.source.name,
    ]);
    for (const said of await words()) expect(said).not.toMatch(/uploaded|ready|encoded/i);
    expect(await card.textContent()).not.toMatch(/Copied|Encoded/);
  });

  it('is renamed by its owner, by keyboard alone', async () => {
    const card = videoCard(page, 'web-ready.mp4');
    await card.getByRole('button', { name: 'More for web-ready.mp4' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('At the lake');
    await page.keyboard.press('Enter');
    const renamed = videoCard(page, 'At the lake.mp4');
    await renamed.waitFor();
    await untilFocused(page, 'More for At the lake.mp4');
    await expect
      .poll(() => lab.clients.rows('videos?title=eq.At the lake.mp4&select=file_name'))
      .toEqual([{ file_name: 'web-ready.mp4' }]);
    // Escape keeps the name, and the focus is where it was.
    await chooseIn(renamed, 'Rename');
    await page.keyboard.type('Never');
    await page.keyboard.press('Escape');
    await untilFocused(page, 'More for At the lake.mp4');
    expect(await renamed.count()).toBe(1);
  });

  it('gives its link and its file', async () => {
    const card = videoCard(page, 'At the lake.mp4');
    const link = await card.getByRole('link', { name: 'Watch At the lake.mp4 now' }).getAttribute('href');
    await chooseIn(card, 'Copy link');
    await card.getByText('Link copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(new URL(String(link), page.url()).href);
    const saving = page.waitForEvent('download');
    await chooseIn(card, 'Download');
    expect((await saving).suggestedFilename()).toBe('At the lake.mp4');
    await (await saving).cancel();
  });

  it('gives the focus to its neighbour when it is deleted, and has it again when that is undone', async () => {
    const [first, second] = await page.getByRole('heading', { level: 3 }).allTextContents();
    await chooseIn(videoCard(page, String(first)), 'Delete');
    await page.waitForFunction(
      (name) => document.activeElement?.getAttribute('aria-label') === name,
      `More for ${second}`,
    );
    await page.keyboard.press('Control+z');
    await page.waitForFunction(
      (name) => document.activeElement?.getAttribute('aria-label') === name,
      `More for ${first}`,
    );
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'hidden' });
    await untilFocused(page, `More for ${first}`);
  });

  it('is gone after a reload, too, when it was deleted before', async () => {
    const name = 'At the lake.mp4';
    // As where a browser sends nothing any more.
    await page.route('**/api/videos/*', (route) =>
      route.request().method() === 'DELETE' ? route.abort() : route.continue(),
    );
    await chooseIn(videoCard(page, name), 'Delete');
    await page.reload();
    await page.unroute('**/api/videos/*');
    await videoCard(page, 'clip-').waitFor();
    expect(await videoCard(page, name).count()).toBe(0);
    await page.reload();
    await expect.poll(() => lab.clients.rows(`videos?title=eq.${name}`), { timeout: 30_000 }).toEqual([]);
  });

  it('asks before a sign-out ends its upload, and gives the focus back', async () => {
    const proxy = await lab.clients.behind(({ method }) =>
      method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 2 * MB } : { kind: 'pass' },
    );
    const api = await lab.clients.startApi({ publicUrl: proxy.url });
    const away = await lab.openPage({ at: api.url });
    await lab.signUp(away);
    const file = await lab.clients.makeFile({ bytes: 60 * MB, seed: 32 });
    await filesInput(away).setInputFiles(join(lab.clients.folder, file.source.name));
    await videoCard(away, file.source.name).getByText(/MB\/s/).waitFor();
    const signOut = away.getByRole('button', { name: 'Sign out' });
    for (const no of ['Escape', 'Stay signed in']) {
      await signOut.click();
      const dialog = away.getByRole('dialog', { name: 'Sign out while a file is being uploaded?' });
      await dialog.waitFor();
      if (no === 'Escape') await away.keyboard.press(no);
      else await dialog.getByRole('button', { name: no }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(await away.evaluate(() => document.activeElement?.textContent)).toBe('Sign out');
    }
    await signOut.click();
    await away.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await away.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('can be searched for and sorted from twelve on', async () => {
    const user = await lab.signUp(await lab.openPage());
    const many = await lab.openPage();
    await lab.signIn(many, user);
    const { id } = await many.evaluate(() => {
      const kept = JSON.parse(localStorage.getItem('supabase-media:session') ?? '{}') as { user: { id: string } };
      return kept.user;
    });
    expect(await many.getByRole('searchbox').count()).toBe(0);
    await lab.clients.insert(
      'videos',
      Array.from({ length: 12 }, (_, index) => ({
        owner_id: id,
        source_bucket: 'project-videos',
        source_path: `${id}/${index}.mp4`,
        file_name: index === 3 ? 'Été.mp4' : `clip ${index}.mp4`,
        status: 'canceled',
      })),
    );
    await many.reload();
    await many.getByRole('searchbox', { name: 'Search your videos' }).fill('ete');
    await expect.poll(() => many.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['Été.mp4']);
    await many.getByRole('searchbox').fill('nothing');
    await many.getByText('No video is called “nothing”.').waitFor();
    await many.getByRole('searchbox').fill('clip');
    await many.getByRole('combobox', { name: 'Sort' }).selectOption('By name');
    const names = await many.getByRole('heading', { level: 3 }).allTextContents();
    expect([names.length, names[0], names[2], names.at(-1)]).toEqual([11, 'clip 0.mp4', 'clip 2.mp4', 'clip 11.mp4']);
  });
});

const untilFocused = (page: Page, label: string) =>
  page.waitForFunction((name) => document.activeElement?.getAttribute('aria-label') === name, label);

/** Every state that a card with this name says until it is asked. */
function collectWords(page: Page, name: string): () => Promise<readonly string[]> {
  const started = page.evaluate((title) => {
    const words = new Set<string>();
    Object.assign(globalThis, { cardWords: words });
    const look = () => {
      for (const card of document.querySelectorAll('.card'))
        if (card.textContent?.includes(title)) words.add(card.querySelector('.card__word')?.textContent ?? '');
      requestAnimationFrame(look);
    };
    look();
  }, name);
  return async () => {
    await started;
    return page.evaluate(() => [...(globalThis as unknown as { cardWords: Set<string> }).cardWords]);
  };
}
