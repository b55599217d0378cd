/** Proves who sees what, and that everybody can: users apart, keyboard, axe on every view, both schemes. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, chooseIn, filesInput, openPageLab, type PageLab, videoCard } from './support/page-lab.ts';

const AXE = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  let lab: PageLab;
  beforeAll(async () => {
    lab = await openPageLab();
  });
  afterAll(() => lab?.close());

  it('shows a user nothing of another one, not even by address', async () => {
    const mine = await lab.openPage();
    const me = await lab.signUp(mine);
    await filesInput(mine).setInputFiles(await lab.clips.clip('no-audio.mp4'));
    const card = videoCard(mine, 'no-audio.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 120_000 });
    await card.getByRole('link', { name: 'Watch no-audio.mp4 now' }).click();
    await mine.locator('video').waitFor();
    const address = new URL(mine.url()).pathname;

    const theirs = await lab.openPage();
    await lab.signUp(theirs);
    await theirs.getByText('No videos yet.').waitFor();
    await theirs.goto(address);
    await theirs.getByText('This video does not exist or belongs to another user.').waitFor();
    const stolen = await theirs.request.get(`/api${address}/hls/master.m3u8`);
    expect(stolen.status()).toBe(401);

    // And back in, on another device, everything is there.
    const elsewhere = await lab.openPage();
    await lab.signIn(elsewhere, me);
    await videoCard(elsewhere, 'no-audio.mp4').waitFor();
  });

  it('reads the list again when the tab wakes', async () => {
    const page = await lab.openPage();
    const user = await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.clips.clip('fragmented.mp4'));
    const card = videoCard(page, 'fragmented.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 120_000 });
    const phone = await lab.openPage();
    await lab.signIn(phone, user);
    await chooseIn(videoCard(phone, 'fragmented.mp4'), 'Delete');
    await videoCard(phone, 'fragmented.mp4').waitFor({ state: 'detached' });
    expect(await card.count()).toBe(1);
    // Leaving the page leaves no time to think again.
    await phone.goto('about:blank');
    const rows = () => lab.clients.rows('videos?file_name=eq.fragmented.mp4');
    await expect.poll(rows, { timeout: 30_000 }).toEqual([]);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await card.waitFor({ state: 'detached' });
  });

  it('cancels a video that is processed, runs it again, and cancels it again', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.makeLongClip('an hour of work.avi', 60));
    const card = videoCard(page, 'an hour of work.avi');
    for (const next of ['Try again', 'Delete']) {
      await card.getByText('Making the video').waitFor();
      await chooseIn(card, 'Stop converting');
      await card.getByText('Canceled', { exact: true }).waitFor();
      await chooseIn(card, next);
    }
    await card.waitFor({ state: 'detached' });
  });

  it('keeps a person signed in over a reload and out after signing out', async () => {
    const page = await lab.openPage();
    const user = await lab.signUp(page);
    await page.reload();
    await page.getByText(user.email).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('E-mail').fill(user.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('The e-mail address or password is wrong.').waitFor();
  });

  it('can be used by keyboard alone', async () => {
    const page = await lab.openPage();
    // Listened for from the beginning: the browser takes a while to hand choosers over instead of opening them.
    const chosen = new Promise((resolve) => page.once('filechooser', resolve));
    await lab.signUp(page);
    await filesInput(page).setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('No.') });
    await filesInput(page).focus();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Dismiss notes.txt');
    await page.keyboard.press('Enter');
    await videoCard(page, 'notes.txt').waitFor({ state: 'detached' });
    // Not left nowhere: back at the beginning.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('file');
    await page.keyboard.press('Space');
    await chosen;
  });

  it.each(['light', 'dark'] as const)('has no serious finding of axe on any view (%s)', async (colorScheme) => {
    const page = await lab.openPage({ colorScheme });
    expect(await findSerious(page)).toEqual([]);
    await lab.signUp(page);
    await filesInput(page).setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('No.') });
    await filesInput(page).setInputFiles(await lab.clips.clip('web-ready.mp4'));
    const card = videoCard(page, 'web-ready.mp4');
    await card.waitFor({ timeout: 120_000 });
    expect(await findSerious(page), 'while it is processed').toEqual([]);
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 120_000 });
    expect(await findSerious(page), 'when it is ready').toEqual([]);
    await card.getByRole('button', { name: 'More for web-ready.mp4' }).click();
    await page.getByRole('menu').waitFor();
    expect(await findSerious(page), 'the menu').toEqual([]);
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    expect(await findSerious(page), 'the name').toEqual([]);
    await page.keyboard.press('Escape');
    await chooseIn(card, 'Delete');
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    expect(await findSerious(page), 'what can be undone').toEqual([]);
    await undo.click();
    await card.getByRole('link', { name: 'Watch web-ready.mp4 now' }).click();
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 1);
    expect(await findSerious(page), 'the player').toEqual([]);
    expect(await page.locator('media-error-dialog[open]').count()).toBe(0);
  });
});

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));

/** What axe calls serious or critical, in a line each. */
async function findSerious(page: Page): Promise<string[]> {
  // The page's policy lets no foreign script in; the tool that looks at it comes in by the debugger.
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}
