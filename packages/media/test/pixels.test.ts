/** What the pictures look like: which way up, and in which colours. */

import { type ClipShop, openClipShop, withMatrix } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputOf, runPipeline, videoOf } from './support/pipeline.ts';
import { nameColor, pixels } from './support/pixels.ts';
import { findAllTools, selectCases } from './support/tools.ts';

const TIMEOUT = 60_000;

/** How far two pictures are apart, per value of 0 to 255. */
function meanDistance(one: readonly number[][], other: readonly number[][]): number {
  const apart = one.flatMap((pixel, i) => pixel.map((value, channel) => Math.abs(value - (other[i]?.[channel] ?? 0))));
  return apart.reduce((sum, value) => sum + value, 0) / apart.length;
}

const [RED, GREEN, BLUE, WHITE] = ['R--', '-G-', '--B', 'RGB'];

const allTools = await findAllTools();
const first = allTools[0]?.[1];

describe.each(allTools)('%s', (_, tools) => {
  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  // Stored: red and green above, blue and white below.
  it.each(
    selectCases<[string, [number, number, number, number], string, (string | undefined)[], boolean]>(
      [
        ['upright', [1, 0, 0, 1], 'remuxed', [RED, GREEN, BLUE, WHITE], false],
        ['turned clockwise', [0, 1, -1, 0], 'remuxed', [BLUE, RED, WHITE, GREEN], true],
        ['upside down', [-1, 0, 0, -1], 'remuxed', [WHITE, BLUE, GREEN, RED], false],
        ['turned the other way', [0, -1, 1, 0], 'remuxed', [GREEN, WHITE, RED, BLUE], true],
        ['mirrored', [-1, 0, 0, 1], 'processed', [GREEN, RED, WHITE, BLUE], false],
        ['mirrored upside down', [1, 0, 0, -1], 'processed', [BLUE, WHITE, RED, GREEN], false],
        ['turned and mirrored', [0, 1, 1, 0], 'processed', [RED, BLUE, GREEN, WHITE], true],
      ],
      tools,
      { first, core: ['turned clockwise', 'turned and mirrored'] },
    ),
  )(
    '%s: video and poster are the right way up',
    async (name, matrix, outcome, corners, portrait) => {
      const path = await shop.file(`${name}.mp4`, await withMatrix(await shop.clip('corners.mp4'), matrix));
      const result = await runPipeline(path, tools);
      expect(result.outcome).toBe(outcome);
      expect(outputOf(result, 'poster')).toMatchObject(
        portrait ? { width: 180, height: 320 } : { width: 320, height: 180 },
      );
      for (const picture of [result.videoPath, result.posterPath]) {
        expect((await pixels(picture, '2:2', tools)).map(nameColor)).toEqual(corners);
      }
    },
    TIMEOUT,
  );

  it.each(['pq.mp4', 'hlg.mp4'] as const)(
    '%s becomes SDR: tagged BT.709, neither dark nor washed out',
    async (name) => {
      const result = await runPipeline(await shop.clip(name), tools);
      expect(result).toMatchObject({ outcome: 'processed', codes: ['video_codec', 'pixel_format', 'hdr'] });
      expect(videoOf(result).color).toEqual({ primaries: 'bt709', transfer: 'bt709', space: 'bt709', range: 'tv' });
      const frame = await pixels(result.videoPath, '64:36', tools);
      const luma = frame.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
      const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
      expect(mean).toBeGreaterThan(30);
      expect(mean).toBeLessThan(200);
      // The curve was changed too, not only the tag: what is shown is not the source read as if it were SDR (which is 2.9
      // apart by the encode alone; HLG, made to be watched on SDR, is 6.5 apart, PQ far more).
      const asSdr = await pixels(await shop.clip(name), '64:36', tools);
      expect(meanDistance(asSdr, frame)).toBeGreaterThan(4.5);
      expect(Math.min(...luma)).toBeLessThan(25);
      // The bars keep their colours: some pixel is clearly blue, some clearly green.
      expect(frame.some(([r, , b]) => b > r + 60)).toBe(true);
      expect(frame.some(([r, g]) => g > r + 60)).toBe(true);
    },
    TIMEOUT,
  );

  it(
    'gives RGB the matrix that its tag says',
    async () => {
      const result = await runPipeline(await shop.clip('rgb.mkv'), tools);
      expect(videoOf(result).color).toMatchObject({ space: 'bt709', range: 'tv' });
      const before = await pixels(await shop.clip('rgb.mkv'), '16:9', tools);
      const after = await pixels(result.videoPath, '16:9', tools);
      expect(meanDistance(before, after)).toBeLessThan(8);
    },
    TIMEOUT,
  );
});
