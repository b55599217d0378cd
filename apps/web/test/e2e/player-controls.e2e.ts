/** Proves what a person does with the player: heights of the picture, keys, links to a moment, a small screen, axe. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, filesInput, openPageLab, type PageLab, type PageUser } from './support/page-lab.ts';

const AXE = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));

/** Whole seconds, so that seeking can be told from playing. */
const SECONDS = 6;

/** For all of them to be processed, in milliseconds. */
const READY_MS = 100_000;

describe.skipIf(CHROMIUM === undefined)('in the player', () => {
  let lab: PageLab;
  let user: PageUser;
  let ids: ReadonlyMap<string, string>;
  beforeAll(async () => {
    lab = await openPageLab();
    const page = await lab.openPage();
    user = await lab.signUp(page);
    const subtitles = await lab.clips.file('hello.srt', '1\n00:00:00,000 --> 00:00:06,000\nHello\n');
    const files = [
      await lab.makeLongClip('city.avi', 2),
      await lab.makeSubtitledClip('talk.mkv', subtitles),
      await lab.clips.clip('portrait.mp4'),
    ];
    await filesInput(page).setInputFiles(files);
    ids = await readReady(page, files.length);
    await page.context().close();
  });
  afterAll(() => lab?.close());

  const watch = async (name: string, { at = '', ...options }: BrowserContextOptions & { at?: string } = {}) => {
    const page = await lab.openPage(options);
    await lab.signIn(page, user);
    await page.goto(`/videos/${ids.get(name)}${at}`);
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
    return page;
  };

  it('plays 1080p when it is asked for, and what fits by itself', async () => {
    // A player of some 500 pixels.
    const page = await watch('city.avi', { viewport: { width: 560, height: 900 } });
    const height = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.videoHeight);
    expect(await height()).toBeLessThan(1080);
    await page.getByRole('button', { name: 'Settings' }).click();
    const quality = page.getByRole('group', { name: 'Quality' });
    await quality.getByRole('radio', { name: /^Auto \(\d+p\)$/ }).waitFor();
    expect(await quality.getByRole('radio').count()).toBe(4);
    expect(await quality.getByRole('radio', { name: /^Auto/ }).isChecked()).toBe(true);
    expect(await findSerious(page), 'with its settings open').toEqual([]);
    await quality.getByRole('radio', { name: '1080p' }).check();
    await page.waitForFunction(() => document.querySelector('video')?.videoHeight === 1080);
    await quality.getByRole('radio', { name: '480p' }).check();
    await page.waitForFunction(() => document.querySelector('video')?.videoHeight === 480);
    await page.getByRole('group', { name: 'Speed' }).getByRole('radio', { name: '1.5×' }).check();
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate)).toBe(1.5);
    await page.keyboard.press('Escape');
    await quality.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Settings');
  });

  it('obeys the keys that people know from elsewhere, wherever the focus is, but not while they write', async () => {
    const page = await watch('talk.mkv');
    const video = page.locator('video');
    const read = () =>
      video.evaluate(({ currentTime, paused, muted, volume, textTracks }: HTMLVideoElement) => ({
        second: Math.round(currentTime),
        paused,
        muted,
        volume: Math.round(volume * 100),
        captions: [...textTracks].some(({ kind, mode }) => kind !== 'metadata' && mode === 'showing'),
      }));
    const press = async (key: string) => {
      await page.keyboard.press(key);
      await page.waitForFunction(() => document.querySelector('video')?.seeking === false);
    };
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const scrolledBefore = await page.evaluate(() => scrollY);
    for (const [key, change] of [
      ['5', { second: SECONDS / 2 }],
      ['ArrowRight', { second: SECONDS }],
      ['ArrowLeft', { second: 1 }],
      ['l', { second: SECONDS }],
      ['j', { second: 0 }],
      ['End', { second: SECONDS }],
      ['0', { second: 0 }],
      ['m', { muted: true }],
      ['m', { muted: false }],
      ['ArrowDown', { volume: 95 }],
      ['ArrowUp', { volume: 100 }],
      ['c', { captions: true }],
      ['c', { captions: false }],
      ['Space', { paused: false }],
      ['k', { paused: true }],
    ] as const) {
      await press(key);
      await expect.poll(read, { message: key }).toMatchObject(change);
    }
    expect(await page.evaluate(() => scrollY)).toBe(scrolledBefore);
    await press('f');
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await press('f');
    await page.waitForFunction(() => document.fullscreenElement === null);

    const before = await read();
    await page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<input id="name"><div id="notes" contenteditable></div>');
    });
    for (const field of ['#name', '#notes']) {
      await page.locator(field).focus();
      for (const key of ['k', 'm', '5', 'Space', 'c', 'f', 'ArrowLeft']) await page.keyboard.press(key);
    }
    expect(await page.locator('#name').inputValue()).toBe('km5 cf');
    // A button is pressed by the key, and keys with Ctrl are the browser's.
    await page.evaluate(() => {
      const other = document.body.appendChild(Object.assign(document.createElement('button'), { id: 'other' }));
      other.addEventListener('click', () => other.append('pressed'));
    });
    await page.locator('#other').focus();
    await page.keyboard.press('Space');
    await page.locator('#other', { hasText: 'pressed' }).waitFor();
    await page.keyboard.press('Control+m');
    expect(await read()).toEqual(before);
  });

  it('begins where a link says, and copies such a link', async () => {
    const page = await watch('talk.mkv', { at: '?t=4', permissions: ['clipboard-read', 'clipboard-write'] });
    const second = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
    await expect.poll(second).toBe(4);
    await page.locator('body').press('2');
    await expect.poll(second).toBeCloseTo(SECONDS * 0.2, 1);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Copy link at 0:01' }).click();
    await page.getByRole('status').getByText('Link copied').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(`${new URL(page.url()).origin}/videos/${ids.get('talk.mkv')}?t=1`);
    // The MP4, where there is no stream, begins there too.
    await page.route('**/hls/master.m3u8', (route) => route.abort());
    await page.goto(`${copied.split('?')[0]}#t=0:03`);
    await page.waitForFunction(() => (document.querySelector('video')?.currentSrc ?? '').includes('/video.mp4'));
    await expect.poll(second).toBe(3);
  });

  it.each([
    ['a desktop at 200 %', { width: 640, height: 450 }],
    ['a phone', { width: 390, height: 844 }],
    ['a phone at 200 %', { width: 195, height: 422 }],
    ['a phone held across', { width: 844, height: 390 }],
  ])('keeps every control of a portrait video on the screen: %s', async (_, viewport) => {
    const page = await watch('portrait.mp4', { viewport });
    const controls = page.locator('.video-player__seek > *, .video-player__bar > :not(.video-player__space)');
    const boxes = await controls.evaluateAll((elements) =>
      elements
        .filter((element) => element.checkVisibility())
        .map((element) => ({ name: element.localName, ...element.getBoundingClientRect().toJSON() })),
    );
    expect(boxes.length).toBeGreaterThanOrEqual(5);
    for (const { name, left, right, top, bottom } of boxes)
      expect({ name, isInside: left >= 0 && top >= 0 && right <= viewport.width && bottom <= viewport.height }).toEqual(
        {
          name,
          isInside: true,
        },
      );
    await page.getByRole('button', { name: 'Settings' }).click();
    const panel = await page.locator('.video-player__panel').boundingBox();
    expect(panel?.y).toBeGreaterThanOrEqual(0);
    expect((panel?.x ?? 0) + (panel?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    expect(panel?.height).toBeGreaterThan(40);
  });
});

/** Ids by name, once all of a user's videos are ready: by the API, as the page asks it. */
async function readReady(page: Page, count: number): Promise<ReadonlyMap<string, string>> {
  const names = async () => {
    const stored = await page.evaluate(() => localStorage.getItem('supabase-media:session'));
    const { access_token: token } = JSON.parse(stored ?? '{}') as { access_token?: string };
    const answer = await page.request.get('/api/videos', { headers: { authorization: `Bearer ${token}` } });
    const { videos } = (await answer.json()) as { videos: { id: string; fileName: string; status: string }[] };
    return new Map(videos.filter(({ status }) => status === 'ready').map(({ id, fileName }) => [fileName, id]));
  };
  for (const deadline = Date.now() + READY_MS; ; ) {
    const ready = await names();
    if (ready.size === count) return ready;
    if (Date.now() > deadline) throw new Error(`${ready.size} of ${count} videos are ready.`);
    await page.waitForTimeout(500);
  }
}

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
