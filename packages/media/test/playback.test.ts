/** What we publish, in the browser that most people have: it plays, it seeks, and it looks right. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CHROMIUM_ARGS, type FileServer, findChromium, serveFolder } from '@supabase-media/test-support/browser';
import { type ClipName, type ClipShop, openClipShop, withMatrix } from '@supabase-media/test-support/clips';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateTools } from '../src/ffmpeg/locate.ts';
import { runProcess } from '../src/ffmpeg/run-process.ts';
import type { MediaTools } from '../src/ffmpeg/tools.ts';
import { OUTPUT_KINDS } from '../src/outputs/catalog.ts';
import { runPipeline } from './support/pipeline.ts';
import { nameColor, pixels } from './support/pixels.ts';

const TIMEOUT = 60_000;
const executablePath = findChromium();

interface Played {
  readonly played: number;
  readonly sought: number;
  readonly duration: number;
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly readyState: number;
  readonly corrupted: number;
  readonly total: number;
}

describe.skipIf(executablePath === undefined)(
  executablePath === undefined ? 'playback: skipped, there is no Chromium (apt-get install chromium)' : 'in Chromium',
  () => {
    let tools: MediaTools;
    let shop: ClipShop;
    let profile: string;
    let browser: BrowserContext;
    beforeAll(async () => {
      tools = await locateTools();
      shop = await openClipShop(tools);
      profile = await mkdtemp(join(tmpdir(), 'media-chromium-'));
      browser = await chromium.launchPersistentContext(profile, {
        executablePath,
        headless: true,
        args: CHROMIUM_ARGS,
        viewport: { width: 1280, height: 1280 },
      });
    }, TIMEOUT);
    afterAll(async () => {
      await browser?.close();
      await shop?.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });

    /** Makes all outputs of a file and opens a page that can play them. */
    async function publish(path: string): Promise<{ folder: string; page: Page; server: FileServer }> {
      const { folder, outcome } = await runPipeline(path, tools, { outputs: OUTPUT_KINDS });
      expect(outcome).not.toBe('rejected');
      const server = await serveFolder(folder);
      const page = await browser.newPage();
      await page.goto(server.url);
      return { folder, page, server };
    }

    async function withPage(path: string, work: (page: Page, folder: string) => Promise<void>): Promise<void> {
      const { folder, page, server } = await publish(path);
      try {
        await work(page, folder);
        expect(await page.evaluate('problems')).toEqual([]);
      } finally {
        await page.close();
        await server.close();
      }
    }

    const load = (page: Page, name: string) => page.evaluate(`load(${JSON.stringify(`/${name}`)})`);

    const screenshot = async (page: Page, folder: string) => {
      const path = join(folder, 'screenshot.png');
      await page.locator('video').screenshot({ path });
      return path;
    };

    it.each(['video.mp4', 'hls/master.m3u8'])(
      '%s plays and seeks',
      async (name) => {
        await withPage(await shop.clip('wide.mp4'), async (page) => {
          await load(page, name);
          const played = await page.evaluate<Played>('playAndSeek(4.5)');
          expect(played).toMatchObject({ corrupted: 0, sought: 4.5 });
          expect(played.played).toBeGreaterThanOrEqual(0.5);
          expect(played.total).toBeGreaterThan(5);
          expect(played.readyState).toBeGreaterThanOrEqual(2);
          expect(Math.abs(played.duration - 5)).toBeLessThan(0.15);
          expect(played.videoWidth / played.videoHeight).toBeCloseTo(16 / 9, 1);
        });
      },
      TIMEOUT,
    );

    it(
      'preview.mp4 plays without a sound, starts at once and loops',
      async () => {
        await withPage(await shop.clip('wide.mp4'), async (page) => {
          await load(page, 'preview.mp4');
          const played = await page.evaluate<Played>('playAndSeek(4.5)');
          expect(played).toMatchObject({ corrupted: 0, sought: 4.5, videoWidth: 480, videoHeight: 270 });
          expect(played.played).toBeGreaterThanOrEqual(0.5);
          expect(Math.abs(played.duration - 5)).toBeLessThan(0.15);
          await page.evaluate('(video.loop = true, video.currentTime = video.duration - 0.3, video.play())');
          await page.waitForFunction('video.currentTime < 2 && video.currentTime > 0.2');
          expect(await page.evaluate('video.webkitAudioDecodedByteCount')).toBe(0);
        });
      },
      TIMEOUT,
    );

    it(
      'every size of the ladder plays, also one after the other',
      async () => {
        await withPage(await shop.clip('wide.mp4'), async (page) => {
          await load(page, 'hls/master.m3u8');
          expect(await page.evaluate('hls.levels.map((level) => level.height)')).toEqual([480, 720]);
          expect(await page.evaluate('showLevel(1)')).toBe(720);
          expect(await page.evaluate('showLevel(0)')).toBe(480);
          expect(await page.evaluate('showLevel(1)')).toBe(720);
        });
      },
      TIMEOUT,
    );

    it(
      'captions of a stream show when they should, in the language that is chosen',
      async () => {
        const clip = await shop.clip('wide.mp4');
        const cues = (word: string) =>
          `1\n00:00:01,000 --> 00:00:02,000\n${word}\n\n2\n00:00:04,000 --> 00:00:04,800\nlast\n`;
        const files = [await shop.file('en.srt', cues('one')), await shop.file('de.srt', cues('eins'))];
        const path = join(dirname(clip), 'subtitled.mp4');
        const inputs = [clip, ...files].flatMap((file) => ['-i', file]);
        const options =
          '-map 0 -map 1 -map 2 -c copy -c:s mov_text -metadata:s:s:0 language=eng -metadata:s:s:1 language=ger';
        await runProcess({
          program: tools.ffmpeg.path,
          args: ['-nostdin', '-y', ...inputs, ...options.split(' '), path],
        });
        await withPage(path, async (page) => {
          await load(page, 'hls/master.m3u8');
          expect(await page.evaluate('hls.subtitleTracks.map(({ name, lang }) => [name, lang])')).toEqual([
            ['English', 'en'],
            ['German', 'de'],
          ]);
          for (const [track, word] of ['one', 'eins'].entries()) {
            await page.evaluate(`hls.subtitleTrack = ${track}`);
            const shown: string[][] = [];
            for (const seconds of [0.9, 1.1, 1.9, 2.1, 4.4]) {
              await page.evaluate(`seek(${seconds})`);
              await page.waitForFunction(
                `[...video.textTracks].some(({ mode, cues }) => mode === 'showing' && cues?.length === 2)`,
              );
              shown.push(
                await page.evaluate<string[]>(
                  `[...video.textTracks].filter(({ mode }) => mode === 'showing').flatMap((track) => [...track.activeCues].map(({ text }) => text))`,
                ),
              );
            }
            expect(shown).toEqual([[], [word], [word], [], ['last']]);
          }
        });
      },
      TIMEOUT,
    );

    it.each(['video.mp4', 'hls/master.m3u8'])(
      '%s of a turned video is upright',
      async (name) => {
        const turned = await withMatrix(await shop.clip('corners.mp4'), [0, 1, -1, 0]);
        await withPage(await shop.file('turned.mp4', turned), async (page, folder) => {
          await load(page, name);
          const shown = await pixels(await screenshot(page, folder), '2:2', tools);
          expect(shown.map(nameColor)).toEqual(['--B', 'R--', 'RGB', '-G-']);
        });
      },
      TIMEOUT,
    );

    it.each<[ClipName, string]>([
      ['pq.mp4', 'video.mp4'],
      ['hlg.mp4', 'hls/master.m3u8'],
    ])(
      'HDR (%s, %s) has the colours of SDR, neither dark nor washed out',
      async (clip, name) => {
        await withPage(await shop.clip(clip), async (page, folder) => {
          await load(page, name);
          const shown = await pixels(await screenshot(page, folder), '32:18', tools);
          const meant = await pixels(join(folder, 'poster.jpg'), '32:18', tools);
          const apart = shown.flatMap((pixel, at) =>
            pixel.map((value, rgb) => Math.abs(value - (meant[at]?.[rgb] ?? 0))),
          );
          expect(apart.reduce((sum, value) => sum + value, 0) / apart.length).toBeLessThan(14);
          const luma = shown.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
          const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
          expect(mean).toBeGreaterThan(30);
          expect(mean).toBeLessThan(200);
          expect(Math.max(...luma) - Math.min(...luma)).toBeGreaterThan(80);
          expect(shown.some(([r, , b]) => b > r + 60)).toBe(true);
          expect(shown.some(([r, g]) => g > r + 60)).toBe(true);
        });
      },
      TIMEOUT,
    );
  },
);
