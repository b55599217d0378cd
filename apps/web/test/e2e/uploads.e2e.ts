/** Proves what the uploader promises: cut connections, reloads, pauses, several files, refusals. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultRule } from '@supabase-media/test-support/fault-proxy';
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

describe.skipIf(CHROMIUM === undefined)('the uploader', () => {
  let lab: PageLab;
  beforeAll(async () => {
    lab = await openPageLab();
  });
  afterAll(() => lab?.close());

  /** A page whose way to Storage is broken by a rule; what arrives there is counted. */
  async function openBehind(rule: FaultRule) {
    const counted = { bytes: 0 };
    const proxy = await lab.clients.behind(rule, {
      onBytes: (bytes) => {
        counted.bytes += bytes;
      },
    });
    const api = await lab.clients.startApi({ publicUrl: proxy.url });
    const page = await lab.openPage({ at: api.url });
    const user = await lab.signUp(page);
    return { page, user, counted, proxy };
  }

  /** The last session that was made of a file of this size. */
  async function sessionOf(size: number): Promise<Record<string, unknown>> {
    const [session] = await lab.clients.rows(`upload_sessions?size=eq.${size}&order=created_at.desc&limit=1`);
    if (session === undefined) throw new Error(`There is no session of ${size} bytes.`);
    return session;
  }

  it('finishes 300 MB over a connection that is cut twice, and sends little again', async () => {
    let patches = 0;
    let cuts = 0;
    const { page, counted } = await openBehind(({ method, bytes }) => {
      if (method !== 'PATCH') return { kind: 'pass' };
      patches++;
      if ((patches !== 3 && patches !== 5) || bytes < 8 * MB) return { kind: 'pass' };
      cuts++;
      return { kind: 'cut', afterBytes: 6 * MB };
    });
    const file = await lab.clients.makeFile({ bytes: 300 * MB, seed: 7 });
    await filesInput(page).setInputFiles(join(lab.clients.folder, file.source.name));
    await untilSent(videoCard(page, file.source.name));
    expect(cuts).toBe(2);
    const session = await sessionOf(300 * MB);
    expect(session.state).toBe('completed');
    expect(await lab.clients.storedSha256(String(session.id))).toBe(file.sha256);
    // A cut PATCH loses at most what was on its way; the sign-in and the questions are small.
    expect(counted.bytes).toBeLessThan(330 * MB);
  });

  it('goes on after a reload, once the same file is chosen again', async () => {
    const { page, counted } = await openBehind(({ method }) =>
      method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 12 * MB } : { kind: 'pass' },
    );
    const file = await lab.clients.makeFile({ bytes: 90 * MB, seed: 8 });
    const path = join(lab.clients.folder, file.source.name);
    await filesInput(page).setInputFiles(path);
    await page.waitForFunction(
      () => Number(document.querySelector('.card .meter')?.getAttribute('aria-valuenow')) >= 35,
    );
    await page.reload();
    const kept = page.getByRole('region', { name: 'Interrupted uploads' });
    await kept.getByText('We kept your place').waitFor();
    await kept.getByText(file.source.name).waitFor();

    const other = await lab.clients.makeFile({ bytes: 7 * MB, seed: 9 });
    const again = kept.getByLabel(`Choose ${file.source.name} again`);
    await again.setInputFiles(join(lab.clients.folder, other.source.name));
    await kept.getByRole('alert').getByText('is another file than').waitFor();

    const before = counted.bytes;
    await again.setInputFiles(path);
    const row = videoCard(page, file.source.name);
    await row.getByText(/went on from \d/).waitFor();
    await untilSent(row);
    expect(counted.bytes - before).toBeLessThan(80 * MB);
    const session = await sessionOf(90 * MB);
    expect(await lab.clients.storedSha256(String(session.id))).toBe(file.sha256);
    await kept.waitFor({ state: 'detached' });
  });

  it('calls an upload of another tab interrupted only when that tab is gone', async () => {
    const { page } = await openBehind(({ method }) =>
      method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 2 * MB } : { kind: 'pass' },
    );
    const file = await lab.clients.makeFile({ bytes: 91 * MB, seed: 14 });
    await filesInput(page).setInputFiles(join(lab.clients.folder, file.source.name));
    await videoCard(page, file.source.name).getByText(/MB\/s/).waitFor();
    const other = await page.context().newPage();
    await other.goto('/');
    const kept = other.getByRole('region', { name: 'Interrupted uploads' });
    const seen = videoCard(other, file.source.name);
    await seen.getByText('In another window').waitFor();
    expect(await kept.count()).toBe(0);
    // It is seen to go on there, and not sent a second time here.
    await seen.getByText(/Uploading, [1-9]\d* %/).waitFor();
    await filesInput(other).setInputFiles(join(lab.clients.folder, file.source.name));
    await other.getByRole('list').getByText('This file is being uploaded in another window.').waitFor();
    expect(await lab.clients.rows(`upload_sessions?size=eq.${91 * MB}&state=eq.open`)).toHaveLength(1);
    await other.getByRole('button', { name: `Dismiss ${file.source.name}` }).click();

    await page.close();
    await kept.getByText(file.source.name).waitFor();
  });

  it('finishes when the sign-in runs out while the network is away', async () => {
    let isTunnel = false;
    const { page } = await openBehind(({ method, path }) => {
      if (isTunnel && path.startsWith('/auth/')) return { kind: 'close-early' };
      return method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 6 * MB } : { kind: 'pass' };
    });
    const file = await lab.clients.makeFile({ bytes: 20 * MB, seed: 15 });
    await filesInput(page).setInputFiles(join(lab.clients.folder, file.source.name));
    const row = videoCard(page, file.source.name);
    await row.getByText(/MB\/s/).waitFor();
    isTunnel = true;
    await page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('supabase-media:session') ?? '{}') as object;
      const past = Math.floor(Date.now() / 1000) - 60;
      localStorage.setItem('supabase-media:session', JSON.stringify({ ...session, expires_at: past }));
    });
    await row.getByText('Finishing').waitFor();
    // As long as the sign-in's own client tries before it gives up for the time being.
    await page.waitForTimeout(35_000);
    isTunnel = false;
    await untilSent(row);
  });

  it('sends two files at once, pauses one, resumes it, and cancels the other', async () => {
    const { page } = await openBehind(({ method }) =>
      method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 6 * MB } : { kind: 'pass' },
    );
    const first = await lab.clients.makeFile({ bytes: 31 * MB, seed: 10 });
    const second = await lab.clients.makeFile({ bytes: 92 * MB, seed: 11 });
    await dropFiles(
      page,
      [first, second].map(({ source }) => join(lab.clients.folder, source.name)),
    );
    const [one, two] = [videoCard(page, first.source.name), videoCard(page, second.source.name)];
    await Promise.all([one, two].map((row) => row.getByText(/MB\/s/).waitFor()));

    await one.getByRole('button', { name: `Pause ${first.source.name}` }).click();
    await one.getByText('Paused').waitFor();
    const resume = one.getByRole('button', { name: `Resume ${first.source.name}` });
    // Under the finger and for the keyboard it is the same button.
    await page.waitForFunction(
      (name) => document.activeElement?.getAttribute('aria-label') === name,
      `Resume ${first.source.name}`,
    );
    await resume.click();

    const cancel = two.getByRole('button', { name: `Cancel ${second.source.name}` });
    await cancel.click();
    await two.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await two.getByText(/MB\/s/).waitFor();
    await page.waitForFunction(
      (name) => document.activeElement?.getAttribute('aria-label') === name,
      `Pause ${second.source.name}`,
    );
    await cancel.click();
    await two.waitFor({ state: 'detached' });
    expect((await sessionOf(92 * MB)).state).toBe('open');
    await untilSent(one);
    await expect.poll(async () => (await sessionOf(92 * MB)).state, { timeout: 20_000 }).toBe('canceled');
  });

  it('waits while there is no network, says so, and goes on by itself', async () => {
    const { page } = await openBehind(({ method }) =>
      method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 8 * MB } : { kind: 'pass' },
    );
    const file = await lab.clients.makeFile({ bytes: 33 * MB, seed: 12 });
    await filesInput(page).setInputFiles(join(lab.clients.folder, file.source.name));
    const row = videoCard(page, file.source.name);
    await row.getByText(/MB\/s/).waitFor();
    await page.context().setOffline(true);
    await row.getByText('Waiting to try again').waitFor();
    await row.getByRole('button', { name: `Try now ${file.source.name}` }).waitFor();
    await page.context().setOffline(false);
    await untilSent(row);
  });

  it('refuses a text file and a folder before anything is sent, and says why', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    const sent: string[] = [];
    page.on('request', (request) => request.url().includes('/api/uploads') && sent.push(request.method()));
    const notes = join(lab.folder, 'notes.txt');
    await writeFile(notes, 'Not a video.');
    await dropFiles(page, [notes, lab.folder]);
    await videoCard(page, 'notes.txt').getByText('This is no video file (text/plain). Choose a video').waitFor();
    await videoCard(page, lab.folder.split('/').at(-1) ?? '')
      .getByText('This is a folder.')
      .waitFor();
    await page.getByRole('status').filter({ hasText: 'notes.txt: Not uploaded.' }).waitFor({ state: 'attached' });
    expect(sent.filter((method) => method === 'POST')).toEqual([]);
  });

  it('tells why a video was rejected, and offers to upload another', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    const broken = await lab.clients.makeFile({ bytes: 2 * MB, seed: 13 });
    await filesInput(page).setInputFiles(join(lab.clients.folder, broken.source.name));
    const card = videoCard(page, broken.source.name);
    await card.getByText('Not usable').waitFor({ timeout: 120_000 });
    await card.getByText(/This (file|video) is (damaged|incomplete)/).waitFor();
    const chooser = page.waitForEvent('filechooser');
    await card.getByRole('button', { name: `Upload again: ${broken.source.name}` }).click();
    await chooser;

    const rows = () => lab.clients.rows(`videos?file_name=eq.${broken.source.name}`);
    await chooseIn(card, 'Delete');
    await card.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await card.waitFor();
    expect(await rows()).toHaveLength(1);
    await chooseIn(card, 'Delete');
    expect(await rows()).toHaveLength(1);
    await expect.poll(rows, { timeout: 20_000 }).toEqual([]);
    expect(await card.count()).toBe(0);
  });
});
