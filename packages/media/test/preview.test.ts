/** The preview of small clips, on every ffmpeg of this machine; and what becomes of a video that gets none. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClipName, type ClipShop, openClipShop, withMatrix } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeMedia } from '../src/ffmpeg/probe.ts';
import { outputOf, type PipelineResult, runPipeline } from './support/pipeline.ts';
import { nameColor, pixels } from './support/pixels.ts';
import { findAllTools, selectCases, withFailure } from './support/tools.ts';

const TIMEOUT = 60_000;
/** 500 kbit/s for six seconds, the same in the buffer, and the MP4's own boxes. */
const MOST_BYTES = 450_000;

const CORE = ['wide.mp4', 'portrait.mp4', 'second.mp4', 'long-quiet.mp4', 'no-audio.mp4'];

const allTools = await findAllTools();
const first = allTools[0]?.[1];

describe.each(allTools)('%s', (_, tools) => {
  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  const probePreview = async ({ folder }: PipelineResult) => {
    const probe = await probeMedia({ inputPath: join(folder, 'preview.mp4'), tools });
    if (!probe.readable || probe.video === undefined) throw new Error('no preview');
    return { ...probe, video: probe.video };
  };

  it.each(
    selectCases<[ClipName, string, number]>(
      [
        ['wide.mp4', '480x270', 5],
        ['portrait.mp4', '270x480', 1],
        ['second.mp4', '320x180', 1],
        ['long-quiet.mp4', '480x270', 6],
        ['long.mp4', '480x270', 6],
        ['no-audio.mp4', '320x180', 2],
        ['stands-still.mp4', '320x180', 6],
        ['slow-motion.mp4', '320x180', 0.5],
        ['late-audio.mkv', '320x180', 2],
        ['hlg.mp4', '320x180', 1],
        ['odd.mkv', '320x180', 1],
      ],
      tools,
      { first, core: CORE },
    ),
  )(
    '%s: %s, about %f s, silent, playable at once',
    async (name, size, seconds) => {
      const result = await runPipeline(await shop.clip(name), tools, { outputs: ['preview'] });
      expect(result).toMatchObject({ warnings: [], files: ['preview.mp4'] });
      const { video, audioTracks, mp4, sizeBytes, durationSeconds } = await probePreview(result);
      expect(video).toMatchObject({ codec: 'h264', pixelFormat: 'yuv420p', rotation: 0, sampleAspectRatio: 1 });
      expect(`${video.codedWidth}x${video.codedHeight}`).toBe(size);
      expect({ audioTracks, mp4 }).toMatchObject({ audioTracks: 0, mp4: { moovFirst: true, fragmented: false } });
      expect(Math.abs(durationSeconds - Math.min(6, seconds))).toBeLessThan(0.2);
      expect(video.averageFps).toBeLessThanOrEqual(30.5);
      expect(sizeBytes).toBeLessThan(MOST_BYTES);
      expect(outputOf(result, 'preview')).toMatchObject({
        bytes: sizeBytes,
        width: video.codedWidth,
        height: video.codedHeight,
      });
    },
    TIMEOUT,
  );

  it(
    'of a copied video that is turned in its header is upright',
    async () => {
      const turned = await withMatrix(await shop.clip('corners.mp4'), [0, 1, -1, 0]);
      const result = await runPipeline(await shop.file('turned.mp4', turned), tools, { outputs: ['preview'] });
      expect(result).toMatchObject({ outcome: 'remuxed', warnings: [] });
      const { video } = await probePreview(result);
      expect(video).toMatchObject({ codedWidth: 180, codedHeight: 320, rotation: 0 });
      const shown = await pixels(join(result.folder, 'preview.mp4'), '2:2', tools);
      expect(shown.map(nameColor)).toEqual(['--B', 'R--', 'RGB', '-G-']);
    },
    TIMEOUT,
  );

  it.each([
    ['fails', 'echo "no such thing" >&2; exit 1'],
    ['says that it worked, and made nothing', 'exit 0'],
    ['leaves something else', 'for last; do :; done; echo hello > "$(echo "$last" | cut -c6-)"; exit 0'],
  ])(
    'is missed by nothing else when ffmpeg %s',
    async (_what, script) => {
      const path = await shop.clip('web-ready.mp4');
      const result = await runPipeline(path, await withFailure(tools, 'concat=n=', script), {
        outputs: ['video', 'preview', 'info'],
      });
      expect(result).toMatchObject({ outcome: 'remuxed', warnings: ['preview_unavailable'] });
      expect(result.files).toEqual(['info.json', 'video.mp4']);
      const info = JSON.parse(await readFile(join(result.folder, 'info.json'), 'utf8'));
      expect(info.warnings).toEqual([
        { code: 'preview_unavailable', message: expect.stringMatching(/^Made without preview: .+\.$/) },
      ]);
    },
    TIMEOUT,
  );

  it(
    'fails with everything else when the disk is full',
    async () => {
      const path = await shop.clip('web-ready.mp4');
      const full = await withFailure(tools, 'concat=n=', 'echo "No space left on device" >&2; exit 1');
      const run = runPipeline(path, full, { outputs: ['video', 'preview'] });
      await expect(run).rejects.toMatchObject({ code: 'disk_full' });
    },
    TIMEOUT,
  );

  it(
    'shows moments of the whole video',
    async () => {
      const result = await runPipeline(await shop.clip('quarters.mp4'), tools, { outputs: ['preview'] });
      expect(result.warnings).toEqual([]);
      const seen: string[] = [];
      for (const seconds of [0.7, 2.2, 3.7, 5.2]) {
        const [pixel] = await pixels(join(result.folder, 'preview.mp4'), '1:1', tools, seconds);
        seen.push(pixel === undefined ? '' : nameColor(pixel));
      }
      expect(seen).toEqual(['R--', '-G-', '--B', 'RGB']);
    },
    TIMEOUT,
  );
});
