/** The colours of every output, as Chromium shows them: its own demuxer, decoders and conversions, not ffmpeg's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_ARGS, findChromium, serveFolder } from '@supabase-media/test-support/browser';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furthest, makeBars, type Rgb, type Variant } from './support/colour-bars.ts';
import { runPipeline, videoOf } from './support/pipeline.ts';
import { findAllTools, temporaryFolder } from './support/tools.ts';

const TIMEOUT = 60_000;
const executablePath = findChromium();
const allTools = await findAllTools();

/** Two sizes in HLS, of which a copy has one as it is; the size decides what browsers assume of a video without tags. */
const HD = { width: 1280, height: 720 };
const SPACES = { bt709: 1, bt601: 6 };
const VARIANTS = (['bt709', 'bt601'] as const).flatMap((matrix) =>
  (['tv', 'pc'] as const).flatMap((range) =>
    (['encode', 'copy'] as const).map((kind) => [kind, matrix, range] as const),
  ),
);

/** A picture, and the part of its width and height that holds the bars. */
type Shown = readonly [name: string, wide?: number, high?: number];

/**
 * Runs in the page: the middle of each of the eight bars, from the picture or from the frame that the video shows. The
 * first bar is white; as long as it is not, no frame has been drawn.
 */
const READ_BARS = `async (name, wide, high) => {
  let shown = video;
  if (name.endsWith('.jpg')) {
    shown = new Image();
    shown.src = name;
    await shown.decode();
  } else {
    await load(name);
    await seek(0.2);
  }
  const width = (shown.videoWidth || shown.naturalWidth) * wide;
  const height = (shown.videoHeight || shown.naturalHeight) * high;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  const bars = () => Array.from({ length: 8 }, (_, at) => {
    const [x, y] = [((at % 4) + 0.5) * width / 4, ((at < 4 ? 0 : 1) + 0.5) * height / 2];
    return [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
  });
  await until(() => {
    context.drawImage(shown, 0, 0);
    return bars()[0][1] > 200;
  });
  return bars();
}`;

describe.skipIf(executablePath === undefined)(
  executablePath === undefined ? 'colours: skipped, there is no Chromium (apt-get install chromium)' : 'in Chromium',
  () => {
    let profile: string;
    let browser: BrowserContext;
    beforeAll(async () => {
      profile = await mkdtemp(join(tmpdir(), 'media-chromium-'));
      browser = await chromium.launchPersistentContext(profile, {
        executablePath,
        headless: true,
        args: CHROMIUM_ARGS,
      });
    }, TIMEOUT);
    afterAll(async () => {
      await browser?.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });

    async function readAll(folder: string, names: readonly Shown[]): Promise<Record<string, readonly Rgb[]>> {
      const server = await serveFolder(folder);
      const page = await browser.newPage();
      try {
        const read: Record<string, readonly Rgb[]> = {};
        for (const [name, wide = 1, high = 1] of names) {
          await page.goto(server.url);
          read[name] = await page.evaluate<readonly Rgb[]>(`(${READ_BARS})('/${name}', ${wide}, ${high})`);
        }
        return read;
      } finally {
        await page.close();
        await server.close();
      }
    }

    describe.each(allTools)('%s', (_, tools) => {
      it.each([
        ...VARIANTS.map(([kind, matrix, range]) => {
          const [primaries, transfer, space] = Array.from({ length: 3 }, () => SPACES[matrix]);
          return [kind, `${matrix} ${range}`, { ...HD, matrix, range, tags: { primaries, transfer, space } }] as const;
        }),
        // A browser ignores the tags of this one, and its range with them, unless it is given the others.
        ['copy', 'bt601 pc, tagged in part', { ...HD, matrix: 'bt601', range: 'pc', tags: { space: 5 } }] as const,
      ])(
        '%s of %s: every output has its colours',
        async (kind, _name, variant: Variant) => {
          const outputs = ['video', 'poster', 'storyboard', 'preview', 'hls'] as const;
          const path = await makeBars(await temporaryFolder(), variant, kind, tools);
          const result = await runPipeline(path, tools, { outputs });
          expect(result.outcome).toBe(kind === 'copy' ? 'remuxed' : 'processed');
          expect(videoOf(result).color.range).toBe(kind === 'copy' ? variant.range : 'tv');
          const storyboard = result.outputs.find((output) => output.kind === 'storyboard');
          const read = await readAll(result.folder, [
            ['video.mp4'],
            ['poster.jpg'],
            ['storyboard.jpg', 160 / Number(storyboard?.width), 90 / Number(storyboard?.height)],
            ['preview.mp4'],
            ['hls/720p/index.m3u8'],
            ['hls/480p/index.m3u8'],
          ]);
          const off = Object.entries(read).map(([name, bars]) => [name, furthest(bars)] as const);
          expect(off.filter(([, value]) => value > 3)).toEqual([]);
          expect(off).toHaveLength(6);
        },
        TIMEOUT,
      );
    });
  },
);
