/** Pictures that change their size or show a part of it, and files that only look damaged. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ClipName, type ClipShop, openClipShop, withMatrix } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeMedia } from '../src/ffmpeg/probe.ts';
import { dahua } from './support/dahua-writer.ts';
import { clap, joinWithTwoDescriptions, withInEntry } from './support/mp4-writer.ts';
import { outputOf, runPipeline, videoOf } from './support/pipeline.ts';
import { nameColor, pixels } from './support/pixels.ts';
import { findAllTools, selectCases, temporaryFolder } from './support/tools.ts';

const TIMEOUT = 60_000;

const allTools = await findAllTools();
const first = allTools[0]?.[1];

describe.each(allTools)('%s', (_, tools) => {
  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  const bytes = async (name: ClipName) => readFile(await shop.clip(name));

  /** Two transport streams, one behind the other, the clock of the second going on from the first. */
  async function streamOf(one: ClipName, other: ClipName): Promise<string> {
    return shop.file(`${one}-${other}`, Buffer.concat([await bytes(one), await bytes(other)]));
  }

  async function rewrap(input: string[], name: string, ...options: string[]): Promise<string> {
    const path = join(await temporaryFolder(), name);
    await promisify(execFile)(tools.ffmpeg.path, ['-v', 'error', ...input, '-c', 'copy', ...options, path]);
    return path;
  }

  const turned = async () => streamOf('landscape.ts', 'turned.ts');

  /** Colours along the middle row and the middle column of a frame. */
  async function linesThrough(path: string, { width, height }: { width: number; height: number }, at: number) {
    const all = (await pixels(path, `${width}:${height}`, tools, at)).map(nameColor);
    const row = all.slice((height / 2) * width, (height / 2 + 1) * width);
    return { row, column: all.filter((__, i) => i % width === width / 2) };
  }

  const count = (colors: readonly string[], color: string) => colors.filter((one) => one === color).length;
  const [RED, BLUE, WHITE, BLACK] = ['R--', '--B', 'RGB', '---'];

  const twoDescriptions = async () =>
    shop.file('two.mp4', joinWithTwoDescriptions([await bytes('landscape.mp4'), await bytes('turned.mp4')]));

  it.each(
    selectCases<[string, (turnedStream: string) => Promise<string>]>(
      [
        ['Matroska', (stream) => rewrap(['-i', stream], 'a.mkv')],
        ['Flash', (stream) => rewrap(['-i', stream], 'a.flv')],
        ['an MP4 with parameters in its frames', (stream) => rewrap(['-i', stream], 'a.mp4')],
        [
          'fragments, avc3',
          (stream) => rewrap(['-i', stream], 'b.mp4', '-tag:v', 'avc3', '-movflags', 'frag_keyframe+empty_moov'),
        ],
        ['MPEG-2', () => streamOf('landscape-mpeg2.ts', 'turned-mpeg2.ts')],
      ],
      tools,
      { first, core: ['Matroska'] },
    ),
  )(
    'finds that a picture turns in the middle: %s',
    async (__, make) => {
      const probe = await probeMedia({ inputPath: await make(await turned()), tools });
      const sizes = probe.readable && probe.video?.shapes.map(({ width, height }) => width > height);
      expect(sizes).toEqual([true, false]);
    },
    TIMEOUT,
  );

  it.each<[string, () => Promise<string>, string[]]>([
    ['a transport stream', turned, ['shape_changes']],
    ['an MP4 with two descriptions', twoDescriptions, ['shape_changes']],
    [
      'VP9, where it is not looked for',
      async () => {
        const parts = [await shop.clip('landscape.webm'), await shop.clip('turned.webm')];
        const list = await shop.file('list', parts.map((part) => `file '${part}'\n`).join(''));
        return rewrap(['-f', 'concat', '-safe', '0', '-i', list], 'c.webm');
      },
      ['video_codec'],
    ],
  ])(
    'fits a picture that turns in the middle into one frame: %s',
    async (__, make, codes) => {
      const result = await runPipeline(await make(), tools);
      expect(result).toMatchObject({ outcome: 'processed', codes });
      const { codedWidth: width, codedHeight: height } = videoOf(result);
      expect(width).toBe(160);
      expect(outputOf(result, 'poster')).toMatchObject({ width, height });
      for (const [at, color, bars] of [
        [0.4, RED, false],
        [1.4, BLUE, true],
      ] as const) {
        const { row, column } = await linesThrough(result.videoPath, { width, height }, at);
        expect(count(row, WHITE ?? '')).toBeGreaterThan(15);
        expect(Math.abs(count(row, WHITE ?? '') - count(column, WHITE ?? ''))).toBeLessThanOrEqual(2);
        expect(row).toContain(color);
        expect([row[2], row[width - 3]]).toEqual(bars ? [BLACK, BLACK] : [color, color]);
      }
    },
    TIMEOUT,
  );

  it(
    'copies what has other parameters and the same size',
    async () => {
      const result = await runPipeline(await streamOf('landscape.ts', 'landscape-later.ts'), tools);
      expect(result).toMatchObject({ outcome: 'remuxed', codes: ['container'] });
    },
    TIMEOUT,
  );

  it.each(
    selectCases<[ClipName, string]>(
      [
        ['jumpy.mov', 'moov_at_end'],
        ['calendar.mkv', 'container'],
      ],
      tools,
      { first, core: ['jumpy.mov'] },
    ),
  )(
    'copies %s without a false alarm',
    async (name, code) => {
      const result = await runPipeline(await shop.clip(name), tools);
      expect(result).toMatchObject({ outcome: 'remuxed', codes: [code], warnings: [] });
    },
    TIMEOUT,
  );

  it.each<[ClipName, string[], string[], number]>([
    ['bare.h264', ['bare_stream'], ['frame_rate_assumed'], 1],
    ['bare.dv', ['video_codec', 'pixel_shape', 'bare_stream', 'audio_codec'], [], 0.4],
  ])(
    'encodes a stream without a container: %s',
    async (name, codes, warnings, seconds) => {
      const result = await runPipeline(await shop.clip(name), tools);
      expect(result).toMatchObject({ outcome: 'processed', codes, warnings });
      expect(Math.abs(videoOf(result).stats.durationSeconds - seconds)).toBeLessThan(0.05);
    },
    TIMEOUT,
  );

  it.each(
    selectCases<[ClipName, string]>(
      [
        ['bare.hevc', 'hevc'],
        ['bare.m2v', 'mpegvideo'],
        ['bare.m4v', 'm4v'],
      ],
      tools,
      { first, core: [] },
    ),
  )(
    'reads a stream without a container: %s',
    async (name, format) => {
      const probe = await probeMedia({ inputPath: await shop.clip(name), tools });
      expect(probe).toMatchObject({ readable: true, format, video: { averageFps: 30 } });
    },
    TIMEOUT,
  );

  it(
    'copies what a Dahua camera recorded',
    async () => {
      const result = await runPipeline(await shop.file('a.dav', dahua(await bytes('bare.h264'))), tools);
      expect(result).toMatchObject({ outcome: 'remuxed', codes: ['container'], warnings: [] });
      expect(Math.abs(videoOf(result).stats.durationSeconds - 1)).toBeLessThan(0.05);
    },
    TIMEOUT,
  );

  it.each<[string, (dv: Buffer) => Uint8Array | Promise<Uint8Array>, string, RegExp]>([
    [
      'a part of a frame of DV',
      (dv) => dv.subarray(0, 4400),
      'undecodable_video',
      /^This is a DV recording, but it is/,
    ],
    ['a NUT video', () => bytes('bare.nut'), 'container_not_allowed', /^This is a NUT video, which we cannot read/],
    ['DV that begins otherwise', (dv) => dv.subarray(80), 'container_not_allowed', /./],
  ])(
    'turns away %s',
    async (name, make, code, sentence) => {
      const path = await shop.file(name, await make(await bytes('bare.dv')));
      const result = await runPipeline(path, tools);
      expect(result).toMatchObject({ outcome: 'rejected', codes: [code] });
      expect(result.sentence).toMatch(sentence);
    },
    TIMEOUT,
  );

  it(
    'turns away what holds nothing to decode',
    async () => {
      const result = await runPipeline(await shop.clip('keyless.mp4'), tools);
      expect(result).toMatchObject({ outcome: 'rejected', codes: ['undecodable_video'] });
    },
    TIMEOUT,
  );

  // Red and green above, blue and white below; the lower half is to be shown.
  it.each<[string, [number, number, number, number]]>([
    ['turned clockwise', [0, 1, -1, 0]],
    ['mirrored and turned', [0, 1, 1, 0]],
  ])(
    'shows the clean aperture alone: %s',
    async (name, matrix) => {
      const clip = await rewrap(['-i', await shop.clip('corners.mp4')], 'corners.mp4');
      const lowerHalf = withInEntry(await withMatrix(clip, matrix), clap(320, 90, 0, 45));
      const result = await runPipeline(await shop.file(`${name}-clap.mp4`, lowerHalf), tools);
      expect(result.codes).toContain('clean_aperture');
      expect((await pixels(result.videoPath, '1:2', tools)).map(nameColor)).toEqual([BLUE, WHITE]);
    },
    TIMEOUT,
  );

  it(
    'copies a picture whose aperture is all of it',
    async () => {
      const clip = await rewrap(['-i', await shop.clip('corners.mp4')], 'corners.mp4');
      const path = await shop.file('whole.mp4', withInEntry(await readFile(clip), clap(319, 180)));
      expect(await runPipeline(path, tools)).toMatchObject({ outcome: 'remuxed', codes: ['moov_at_end'] });
    },
    TIMEOUT,
  );
});
