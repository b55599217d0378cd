/** Proves that the page is never blank: while nothing has come yet, while the API is away, and when it is back. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openPageLab, type PageLab, type PageUser, videoCard } from './support/page-lab.ts';

/** A page that says nothing for longer leaves its user alone, in milliseconds. */
const SAID_WITHIN_MS = 5000;

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  let lab: PageLab;
  let page: Page;
  let user: PageUser;
  beforeAll(async () => {
    lab = await openPageLab();
    page = await lab.openPage();
    user = await lab.signUp(page);
    const id = await page.evaluate(
      () => (JSON.parse(localStorage.getItem('supabase-media:session') ?? '{}') as { user: { id: string } }).user.id,
    );
    const path = `${id}/kept.mp4`;
    await lab.clients.insert('videos', [
      { owner_id: id, source_bucket: 'project-videos', source_path: path, file_name: 'kept.mp4', status: 'canceled' },
    ]);
    await page.reload();
    await videoCard(page, 'kept.mp4').waitFor();
  });
  afterAll(() => lab?.close());

  const notice = () => page.getByRole('alert').getByText(`Cannot reach ${new URL(page.url()).host}, trying again`);

  it('shows its shape before a script has run, and before the API has answered', async () => {
    const silent = await page.context().newPage();
    await silent.route('**/assets/*.js', () => {});
    await silent.goto('/', { waitUntil: 'commit' });
    await silent.locator('.card--skeleton').first().waitFor();
    await silent.close();
    const release = await hold(page, '**/api/**');
    await page.reload({ waitUntil: 'commit' });
    await page.getByRole('status', { name: 'Loading' }).waitFor();
    expect(await page.locator('.card--skeleton').count()).toBe(3);
    await release();
    await videoCard(page, 'kept.mp4').waitFor();
    expect(await page.locator('.card--skeleton').count()).toBe(0);
  });

  it.each([
    ['refuses', 'abort'],
    ['says nothing', 'hold'],
  ])(
    'says within 5 s that it cannot reach an API that %s at its start, and goes on when it is back',
    async (_, how) => {
      const release = how === 'hold' ? await hold(page, '**/api/**') : await abort(page, '**/api/**');
      await page.reload({ waitUntil: 'commit' });
      await page.locator('.card--skeleton').first().waitFor();
      await notice().waitFor({ timeout: SAID_WITHIN_MS });
      await release();
      await videoCard(page, 'kept.mp4').waitFor();
      await notice().waitFor({ state: 'detached' });
    },
  );

  it('says so of an API that goes away later, keeps what it shows, and goes on', async () => {
    const release = await abort(page, '**/api/**');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await notice().waitFor({ timeout: SAID_WITHIN_MS });
    expect(await videoCard(page, 'kept.mp4').count()).toBe(1);
    await lab.clients.remove('videos?file_name=eq.kept.mp4');
    await release();
    await notice().waitFor({ state: 'detached' });
    await page.getByText('No videos yet.').waitFor();
  });

  it('shows to whoever is signed out the place of the sign-in', async () => {
    const guest = await lab.openPage();
    const release = await hold(guest, '**/api/**');
    await guest.reload({ waitUntil: 'commit' });
    await guest.locator('.sign-in__form--skeleton').waitFor();
    await release();
    await lab.signIn(guest, user);
  });
});

async function abort(page: Page, what: string): Promise<() => Promise<void>> {
  await page.route(what, (route) => route.abort());
  return () => page.unroute(what);
}

/** Answers nothing until the returned function is called. */
async function hold(page: Page, what: string): Promise<() => Promise<void>> {
  const held: (() => void)[] = [];
  await page.route(what, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await route.continue().catch(() => {});
  });
  return async () => {
    await page.unroute(what);
    for (const release of held) release();
  };
}
