/** Proves the way of one video: dropped, uploaded, processed, and played with pictures on the seek bar. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '@supabase-media/test-support/command';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  dropFiles,
  filesInput,
  openPageLab,
  PATIENCE_MS,
  type PageLab,
  videoCard,
} from './support/page-lab.ts';

/** Real phones' files, where they are; never part of this repository. */
const CORPUS = fileURLToPath(new URL('../../../../../shared/corpus/', import.meta.url));
const PHONE_VIDEO = `${CORPUS}iphone-hevc-720-rot90.mov`;

const skip = CHROMIUM === undefined ? 'page: skipped, there is no Chromium (apt-get install chromium)' : 'the player';

describe.skipIf(CHROMIUM === undefined)(skip, () => {
  let lab: PageLab;
  beforeAll(async () => {
    lab = await openPageLab();
  });
  afterAll(() => lab?.close());

  it('plays a phone video that was dropped onto the page, and says what was done to it', async () => {
    const page = await lab.openPage();
    const problems = listProblems(page);
    await lab.signUp(page);
    const isReal = existsSync(PHONE_VIDEO);
    const file = isReal ? PHONE_VIDEO : await lab.clips.clip('pcm.mov');
    const title = file.split('/').at(-1) ?? file;
    await dropFiles(page, [file]);
    const card = videoCard(page, title);
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    await card.locator('img').waitFor();
    await card.getByRole('link', { name: `Watch ${title} now` }).click();
    await page.getByText(isReal ? 'Encoded: HEVC' : 'Sound encoded: PCM; picture copied').waitFor();
    const played = await play(page);
    expect(played.time).toBeGreaterThan(0.4);
    // Media Source Extensions: it is the stream that plays, not the fallback.
    expect(played.source).toMatch(/^blob:/);
    expect(problems).toEqual([]);
  });

  it('shows on the seek bar the picture of the moment under the pointer', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    // Two seconds of red, of green, of blue.
    const file = await lab.clips.clip('seconds.mp4');
    await filesInput(page).setInputFiles(file);
    const card = videoCard(page, 'seconds.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    await card.getByRole('link', { name: 'Watch seconds.mp4 now' }).click();
    await play(page);
    await page.waitForFunction(() => {
      const [track] = document.querySelector('video')?.textTracks ?? [];
      return (track?.cues?.length ?? 0) > 0;
    });
    for (const [part, color] of [
      [0.1, 'red'],
      [0.5, 'green'],
      [0.9, 'blue'],
    ] as const) {
      expect(await previewColor(page, part), `at ${part} of the length`).toBe(color);
    }
  });

  it('plays a silent preview over the picture of a card under the pointer or with the focus, loaded only then', async () => {
    const page = await lab.openPage();
    const previews: string[] = [];
    page.on('request', (request) => request.url().includes('/preview.mp4') && previews.push(request.url()));
    await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.clips.clip('wide.mp4'));
    const card = videoCard(page, 'wide.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    await card.locator('img').waitFor();
    const preview = card.locator('video');
    const away = () => page.mouse.move(5, 5);
    const plays = async () => {
      await preview.and(page.locator('[data-playing="true"]')).waitFor();
      const { muted, audioBytes, loop } = await preview.evaluate((video: HTMLVideoElement) => ({
        muted: video.muted,
        audioBytes: (video as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount,
        loop: video.loop,
      }));
      expect({ muted, audioBytes, loop }).toEqual({ muted: true, audioBytes: 0, loop: true });
      await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>('li video')?.currentTime ?? 0) > 0.3);
    };

    expect(previews).toEqual([]);
    await card.hover();
    await plays();
    expect(previews.length).toBeGreaterThan(0);
    await away();
    await preview.waitFor({ state: 'detached' });

    await card.getByRole('link', { name: 'Watch wide.mp4', exact: true }).focus();
    await page.keyboard.press('Tab');
    await plays();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await preview.waitFor({ state: 'detached' });

    await page.emulateMedia({ reducedMotion: 'reduce' });
    await card.hover();
    await page.waitForTimeout(500);
    expect(await preview.count()).toBe(0);
    await away();

    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.route('**/preview.mp4**', (route) => route.fulfill({ status: 404, body: '' }));
    await card.hover();
    await preview.waitFor({ state: 'attached' });
    await page.waitForTimeout(500);
    expect(await preview.getAttribute('data-playing')).toBe('false');
    expect(await card.locator('img').isVisible()).toBe(true);
  });

  it('says so when the player cannot be loaded, and keeps the rest of the page', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.clips.clip('portrait.mp4'));
    const card = videoCard(page, 'portrait.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    // As after a newer version was put in place of this one.
    await page.route('**/assets/player-*.js', (route) => route.fulfill({ status: 404, body: '' }));
    await card.getByRole('link', { name: 'Watch portrait.mp4 now' }).click();
    await page.getByRole('alert').getByText('The player cannot be loaded').waitFor();
    await page.getByRole('region', { name: 'About this video' }).getByText('Copied: already H.264').waitFor();
    await page.unroute('**/assets/player-*.js');
    await page.getByRole('button', { name: 'Load the page again' }).click();
    expect((await play(page)).time).toBeGreaterThan(0.4);
  });

  it('plays the MP4 while previews and streams are still made', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.makeLongClip('long walk.avi', 8));
    const card = videoCard(page, 'long walk.avi');
    await card.getByRole('link', { name: 'Watch long walk.avi now' }).click({ timeout: 180_000 });
    await page.getByText('You can watch it already;').waitFor();
    expect((await play(page)).source).toContain('/video.mp4?token=');
    // Once everything is there, whoever comes anew gets the stream.
    await page.getByText('You can watch it already;').waitFor({ state: 'detached', timeout: 180_000 });
    await page.reload();
    expect((await play(page)).source).toMatch(/^blob:/);
  });

  it('asks for fresh addresses before they end, and plays on', async () => {
    // A minute is what is left when addresses are renewed: here it is always time.
    const api = await lab.clients.startApi({ environment: { RESULT_URL_SECONDS: '60', METRICS_PORT: '0' } });
    const page = await lab.openPage({ at: api.url });
    await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.clips.clip('wide.mp4'));
    const card = videoCard(page, 'wide.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    const playlists: string[] = [];
    page.on('request', (request) => /hls\/\w+p\/index\.m3u8$/.test(request.url()) && playlists.push(request.url()));
    await card.getByRole('link', { name: 'Watch wide.mp4 now' }).click();
    const played = await play(page);
    expect(played.source).toMatch(/^blob:/);
    // The first reading, and one again for the beginning and the segments, whose addresses were too old.
    expect(playlists.length).toBeGreaterThan(new Set(playlists).size);
  });

  it('shows captions in the language that is chosen, of the stream and of the MP4', async () => {
    const page = await lab.openPage();
    const problems = listProblems(page);
    await lab.signUp(page);
    // English in the file, German added later.
    const subtitles = (word: string) => lab.clips.file(`${word}.srt`, `1\n00:00:00,000 --> 00:00:05,000\n${word}\n`);
    const file = await lab.makeSubtitledClip('talk.mkv', await subtitles('Hello'));
    await filesInput(page).setInputFiles(file);
    const card = videoCard(page, 'talk.mkv');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    const link = card.getByRole('link', { name: 'Watch talk.mkv now' });
    const id = /[0-9a-f-]{36}/.exec((await link.getAttribute('href')) ?? '')?.[0] ?? '';
    const german = ['captions', 'add', id, await subtitles('Hallo'), '--lang', 'de'];
    expect((await runCommand(german, stackEnvironment())).stdout).toContain('captions/de.vtt');
    await page.reload();
    await link.click();
    expect((await play(page)).source).toMatch(/^blob:/);
    await chooseCaptions(page, 'German', 'Hallo');
    expect(problems).toEqual([]);
    await page.route('**/hls/master.m3u8', (route) => route.abort());
    await page.reload();
    expect((await play(page)).source).toContain('/video.mp4?token=');
    await chooseCaptions(page, 'English', 'Hello');
  });

  it('falls back to the MP4 where HLS cannot be had', async () => {
    const page = await lab.openPage();
    await lab.signUp(page);
    await filesInput(page).setInputFiles(await lab.clips.clip('web-ready.mp4'));
    const card = videoCard(page, 'web-ready.mp4');
    await card.getByText('Ready', { exact: true }).waitFor({ timeout: 180_000 });
    await page.route('**/hls/master.m3u8', (route) => route.abort());
    await card.getByRole('link', { name: 'Watch web-ready.mp4 now' }).click();
    const played = await play(page);
    expect(played.time).toBeGreaterThan(0.4);
    expect(played.source).toContain('/video.mp4?token=');
  });
});

/** What the browser complains about: scripts that break, answers that the page's own policy refuses. */
function listProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return problems;
}

/** Chooses captions in the player's menu, and waits until the video shows them. */
async function chooseCaptions(page: Page, label: string, text: string): Promise<void> {
  await page.locator('media-captions-menu-button').click();
  await page.locator('media-captions-menu').getByText(label, { exact: true }).click();
  await page.waitForFunction(
    (wanted) =>
      [...(document.querySelector('video')?.textTracks ?? [])]
        .filter(({ mode, kind }) => mode === 'showing' && kind !== 'metadata')
        .flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).text))
        .join() === wanted,
    text,
  );
}

/** Plays for half a second. */
async function play(page: Page) {
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2, null, {
    timeout: PATIENCE_MS,
  });
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
    return { time: video.currentTime, source: video.currentSrc, width: video.videoWidth, height: video.videoHeight };
  });
}

/** Moves the pointer over the seek bar and looks at the middle of the picture above it. */
async function previewColor(page: Page, part: number): Promise<string> {
  const bar = await page.locator('media-time-range').boundingBox();
  if (bar === null) throw new Error('There is no seek bar.');
  await page.mouse.move(bar.x + bar.width * part, bar.y + bar.height / 2, { steps: 4 });
  await page.waitForFunction(
    () => {
      const picture = document
        .querySelector('media-time-range')
        ?.shadowRoot?.querySelector('media-preview-thumbnail')
        ?.shadowRoot?.querySelector('img');
      return picture?.complete === true && picture.naturalWidth > 0;
    },
    null,
    { timeout: PATIENCE_MS },
  );
  const thumbnail = page.locator('media-time-range media-preview-thumbnail');
  await thumbnail.waitFor();
  const picture = await thumbnail.screenshot({ type: 'png' });
  return page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    const context = canvas.getContext('2d');
    context?.drawImage(image, 0, 0);
    const [red = 0, green = 0, blue = 0] =
      context?.getImageData(Math.floor(image.width / 2), Math.floor(image.height / 2), 1, 1).data ?? [];
    const most = Math.max(red, green, blue);
    return most === red ? 'red' : most === green ? 'green' : 'blue';
  }, picture.toString('base64'));
}
