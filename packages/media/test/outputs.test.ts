/** Storyboard, HLS, preview and info of small clips, on every ffmpeg of this machine: what the files hold, not that they exist. */
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ClipName, type ClipShop, openClipShop, withMatrix } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeMedia } from '../src/ffmpeg/probe.ts';
import { OUTPUT_KINDS } from '../src/outputs/catalog.ts';
import { readMediaPlaylist } from '../src/outputs/hls/playlist.ts';
import type { MediaInfo, VideoInfo } from '../src/plan/media-info.ts';
import { outputOf, type PipelineResult, QUICK_POLICY, runPipeline } from './support/pipeline.ts';
import { nameColor, pixels } from './support/pixels.ts';
import { findAllTools, selectCases, withFailure } from './support/tools.ts';

const TIMEOUT = 60_000;
const ALL = { outputs: OUTPUT_KINDS };
const FILES = ['hls', 'info.json', 'poster.jpg', 'preview.mp4', 'storyboard.jpg', 'storyboard.vtt', 'video.mp4'];

const allTools = await findAllTools();
const first = allTools[0]?.[1];

describe.each(allTools)('%s', (_, tools) => {
  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  const select = <Case extends readonly [string, ...unknown[]]>(cases: readonly Case[], ...core: string[]) =>
    selectCases(cases, tools, { first, core });

  const run = async (name: ClipName) => runPipeline(await shop.clip(name), tools, ALL);

  /** A whole rendition as one file, to be probed like any other. */
  async function joinRendition({ folder }: PipelineResult, name: string): Promise<{ info: MediaInfo; path: string }> {
    const playlist = readMediaPlaylist(await readFile(join(folder, 'hls', name, 'index.m3u8'), 'utf8'));
    if (typeof playlist === 'string') throw new Error(playlist);
    const path = join(folder, '..', `${name}-joined`);
    for (const part of new Set([playlist.init, ...playlist.segments].map((segment) => segment.name))) {
      await pipeline(createReadStream(join(folder, 'hls', name, part)), createWriteStream(path, { flags: 'a' }));
    }
    const info = await probeMedia({ inputPath: path, tools });
    if (!info.readable) throw new Error(info.detail);
    return { info, path };
  }

  const extinf = async ({ folder }: PipelineResult, name: string) =>
    (await readFile(join(folder, 'hls', name, 'index.m3u8'), 'utf8'))
      .split('\n')
      .filter((line) => /^#EXTINF/.test(line));

  const readRungs = async ({ folder }: PipelineResult) => {
    const master = await readFile(join(folder, 'hls', 'master.m3u8'), 'utf8');
    return [...master.matchAll(/RESOLUTION=(\d+x\d+).*CODECS="([^"]+)".*\n(.+)\/index\.m3u8/g)].map(
      ([, size, codecs, name]) => ({ size, codecs, name: name ?? '' }),
    );
  };

  it.each<[ClipName, string]>([
    ['stands-still.mp4', 'remuxed'],
    ['stands-still.mkv', 'processed'],
  ])(
    'makes everything of a screen that stands still where the video is checked (%s, %s)',
    async (name, outcome) => {
      const result = await run(name);
      expect(result).toMatchObject({ outcome, files: FILES, warnings: [] });
      expect(result.output?.video?.stats.packets).toBe(299);
    },
    TIMEOUT,
  );

  it.each(
    select<[ClipName, string[]]>(
      [
        ['wide.mp4', ['1280x720', '854x480']],
        ['portrait.mp4', ['720x1280', '480x854']],
        ['anamorphic.mp4', ['426x180']],
        ['interlaced.mpg', ['320x180']],
        ['variable-rate.mkv', ['320x180']],
        ['late-audio.mkv', ['320x180']],
        ['surround.mp4', ['320x180']],
        ['slow-motion.mp4', ['320x180']],
        ['pq.mp4', ['320x180']],
        ['long-gop.mp4', ['160x90']],
        ['stream.ts', ['320x180']],
      ],
      'wide.mp4',
      'variable-rate.mkv',
      'late-audio.mkv',
    ),
  )(
    '%s: sizes %j, cut at the same frames, as long as the video, sound and picture together',
    async (name, sizes) => {
      const result = await run(name);
      expect(result.files).toEqual(FILES);
      const rungs = await readRungs(result);
      expect(rungs.map((rung) => rung.size)).toEqual(sizes);
      const { audio, video } = result.output ?? {};
      const sound = audio && (await joinRendition(result, 'audio')).info.audio;
      expect(sound === undefined).toBe(audio === undefined);
      for (const rung of rungs) {
        expect(rung.codecs).toMatch(audio === undefined ? /^avc1\.[0-9a-f]{6}$/ : /^avc1\.[0-9a-f]{6},mp4a\.40\.2$/);
        expect(await extinf(result, rung.name)).toEqual(await extinf(result, rungs[0]?.name ?? ''));
        const picture = videoIn((await joinRendition(result, rung.name)).info);
        expect(`${picture.codedWidth}x${picture.codedHeight}`).toBe(rung.size);
        const expected = video?.stats.durationSeconds ?? 0;
        expect(Math.abs(picture.stats.durationSeconds - expected)).toBeLessThan(Math.max(0.1, expected * 0.01));
        if (sound !== undefined)
          expect(Math.abs(sound.stats.firstSeconds - picture.stats.firstSeconds)).toBeLessThan(0.03);
      }
    },
    TIMEOUT,
  );

  it(
    'a turned video is upright in every size, though its header is dropped',
    async () => {
      const turned = await withMatrix(await shop.clip('corners.mp4'), [0, 1, -1, 0]);
      const result = await runPipeline(await shop.file('turned.mp4', turned), tools, ALL);
      expect(result.outcome).toBe('remuxed');
      const { path, info } = await joinRendition(result, '180p');
      expect(videoIn(info)).toMatchObject({ codedWidth: 180, codedHeight: 320, rotation: 0 });
      expect((await pixels(path, '2:2', tools)).map(nameColor)).toEqual(['--B', 'R--', 'RGB', '-G-']);
      expect(JSON.parse(await readFile(join(result.folder, 'info.json'), 'utf8')).hls).toMatchObject({
        topRungEncodedBecause: 'turned by 90 degrees in its header',
      });
      expect(outputOf(result, 'storyboard')).toMatchObject({ width: 90, height: 160 });
    },
    TIMEOUT,
  );

  it.each(select<[ClipName]>([['seconds.mp4'], ['seconds-one-key.mp4']], 'seconds.mp4'))(
    '%s: every tile of the storyboard shows its time',
    async (name) => {
      const result = await run(name);
      const vtt = await readFile(join(result.folder, 'storyboard.vtt'), 'utf8');
      const cues = [...vtt.matchAll(/^00:00:0(\d)\.000 --> 00:00:0(\d)\.000\nstoryboard\.jpg#xywh=(\d+),0,160,90$/gm)];
      expect(cues.map((cue) => cue.slice(1).map(Number))).toEqual([
        [0, 2, 0],
        [2, 4, 160],
        [4, 6, 320],
      ]);
      expect(outputOf(result, 'storyboard')).toMatchObject({ width: 480, height: 90 });
      const tiles = await pixels(join(result.folder, 'storyboard.jpg'), '3:1', tools);
      expect(tiles.map(nameColor)).toEqual(['R--', '-G-', '--B']);
    },
    TIMEOUT,
  );

  it(
    'lists every file with its size and type, and nothing else is left',
    async () => {
      const result = await run('web-ready.mp4');
      expect(result.outputs.map(({ kind, contentType }) => [kind, contentType])).toEqual([
        ['video', 'video/mp4'],
        ['poster', 'image/jpeg'],
        ['storyboard', 'image/jpeg'],
        ['storyboard_index', 'text/vtt'],
        ['hls', 'application/vnd.apple.mpegurl'],
        ['preview', 'video/mp4'],
        ['info', 'application/json'],
      ]);
      const names = await readdir(result.folder, { recursive: true, withFileTypes: true });
      const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
      expect(sum(sizes)).toBe(sum(result.outputs.map((output) => output.bytes)));
      expect(paths).toHaveLength(sum(result.outputs.map((output) => output.files)));
    },
    TIMEOUT,
  );

  it.each([
    ['-f hls', ['hls_unavailable']],
    ['-frames:v 1', ['poster_unavailable', 'storyboard_unavailable']],
  ])(
    'an extra never costs the video: where ffmpeg fails with %s, it is ready without (%j)',
    async (text, warnings) => {
      const failing = await withFailure(tools, text, 'exit 1');
      const result = await runPipeline(await shop.clip('web-ready.mp4'), failing, ALL);
      expect(result).toMatchObject({ outcome: 'remuxed', warnings });
      expect(result.files).toEqual(
        FILES.filter((file) => !warnings.some((code) => code.startsWith(file.split('.')[0] ?? ''))),
      );
      const info = JSON.parse(await readFile(join(result.folder, 'info.json'), 'utf8'));
      expect(info.warnings.map(({ code }: { code: string }) => code)).toEqual(warnings);
    },
    TIMEOUT,
  );

  it(
    'encodes the rung of a stream whose copy does not do',
    async () => {
      const failing = await withFailure(tools, '-c:v:0 copy', 'exit 1');
      const result = await runPipeline(await shop.clip('web-ready.mp4'), failing, { outputs: ['hls', 'info'] });
      expect(result).toMatchObject({ outcome: 'remuxed', warnings: [] });
      const { hls } = JSON.parse(await readFile(join(result.folder, 'info.json'), 'utf8'));
      expect(hls).toMatchObject({ topRungEncodedBecause: expect.stringMatching(/^a copy does not do: /) });
    },
    TIMEOUT,
  );

  it.each([
    ['single', ['index.m3u8', 'stream.mp4']],
    ['segments', [expect.stringMatching(/^\d{4}\.m4s$/), 'index.m3u8', expect.stringMatching(/^init.*\.mp4$/)]],
  ] as const)(
    'stores a rendition as it is told: %s',
    async (layout, files) => {
      const policy = { ...QUICK_POLICY, hls: { ...QUICK_POLICY.hls, layout } };
      const result = await runPipeline(await shop.clip('web-ready.mp4'), tools, { outputs: ['hls'], policy });
      const folders = (await readdir(join(result.folder, 'hls'))).filter((name) => name !== 'master.m3u8');
      expect(folders).toContain('audio');
      for (const name of folders) expect((await readdir(join(result.folder, 'hls', name))).sort()).toEqual(files);
    },
    TIMEOUT,
  );

  it(
    'makes what is asked for and no more',
    async () => {
      const path = await shop.clip('web-ready.mp4');
      expect((await runPipeline(path, tools, { outputs: ['hls'] })).files).toEqual(['hls']);
      expect((await runPipeline(path, tools, { outputs: ['video', 'info'] })).files).toEqual([
        'info.json',
        'video.mp4',
      ]);
    },
    TIMEOUT,
  );

  it.each(select<[ClipName]>([['reserved-matrix.mp4'], ['reserved-matrix-hevc.mp4']], 'reserved-matrix.mp4'))(
    '%s: a tag that the standards reserve stops neither the encode nor what is made of it',
    async (name) => {
      const result = await run(name);
      expect(result).toMatchObject({ outcome: 'processed', files: FILES });
      expect(videoIn(result.output).color.space).toBe('smpte170m');
    },
    TIMEOUT,
  );
});

function videoIn(info: MediaInfo | undefined): VideoInfo {
  if (info?.video === undefined) throw new Error('no video');
  return info.video;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
