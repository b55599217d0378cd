/** Every kind of file that a generator can make, through the whole pipeline, on every ffmpeg of this machine. */
import { readFile } from 'node:fs/promises';
import { type ClipName, type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputOf, type PipelineResult, runPipeline, videoOf } from './support/pipeline.ts';
import { findAllTools, selectCases } from './support/tools.ts';

const TIMEOUT = 60_000;

const allTools = await findAllTools();
const first = allTools[0]?.[1];
const CORE = [
  'web-ready.mp4',
  'stream.ts',
  'surround.mp4',
  'interlaced.mpg',
  'no-duration.webm',
  'late-audio.mkv',
  'bomb.avi',
  'a text',
];

describe.each(allTools)('%s', (_, tools) => {
  const select = <Case extends readonly [string, ...unknown[]]>(cases: readonly Case[]) =>
    selectCases(cases, tools, { first, core: CORE });

  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  const run = async (name: ClipName) => runPipeline(await shop.clip(name), tools);

  function expectGoodOutput(result: PipelineResult): void {
    expect(result.files).toEqual(['poster.jpg', 'video.mp4']);
    expect(videoOf(result)).toMatchObject({ codec: 'h264', pixelFormat: 'yuv420p' });
    expect(result.output?.mp4).toMatchObject({ moovFirst: true, fragmented: false });
    expect(outputOf(result, 'poster').bytes).toBeGreaterThan(200);
    if (result.input.readable) {
      const tolerance = Math.max(0.2, result.input.durationSeconds * 0.01);
      expect(Math.abs((result.output?.durationSeconds ?? 0) - result.input.durationSeconds)).toBeLessThan(tolerance);
    }
  }

  it.each(
    select<[ClipName, string]>([
      ['web-ready.mp4', 'already_faststart'],
      ['moov-last.mp4', 'moov_at_end'],
      ['wordy.mp4', 'already_faststart'],
      ['fragmented.mp4', 'fragmented'],
      ['no-audio.mp4', 'already_faststart'],
      ['stream.ts', 'container'],
    ]),
  )(
    'copies %s (%s)',
    async (name, code) => {
      const result = await run(name);
      expect(result).toMatchObject({ outcome: 'remuxed', codes: [code], warnings: [] });
      expectGoodOutput(result);
    },
    TIMEOUT,
  );

  it.each(
    select<[ClipName, string[], { width: number; height: number }]>([
      ['surround.mp4', ['audio_codec'], { width: 320, height: 180 }],
      ['pcm.mov', ['audio_codec'], { width: 320, height: 180 }],
      ['wordy.mkv', ['video_codec', 'audio_codec'], { width: 320, height: 180 }],
      ['odd.mkv', ['video_codec', 'pixel_format', 'odd_size'], { width: 320, height: 180 }],
      ['rgb.mkv', ['video_codec', 'pixel_format'], { width: 320, height: 180 }],
      ['interlaced.mpg', ['video_codec', 'interlaced', 'audio_codec'], { width: 320, height: 180 }],
      ['anamorphic.mp4', ['pixel_shape'], { width: 426, height: 180 }],
      ['no-duration.webm', ['video_codec', 'audio_codec'], { width: 320, height: 180 }],
      ['variable-rate.mkv', ['video_codec'], { width: 320, height: 180 }],
      ['slow-motion.mp4', ['frame_rate'], { width: 320, height: 180 }],
      ['long-gop.mp4', ['keyframe_gap'], { width: 160, height: 90 }],
      ['late-audio.mkv', ['video_codec', 'audio_codec'], { width: 320, height: 180 }],
      ['still-with-sound.mkv', ['video_codec', 'audio_codec'], { width: 160, height: 90 }],
    ]),
  )(
    'encodes %s (%s)',
    async (name, codes, size) => {
      const result = await run(name);
      expect(result).toMatchObject({ outcome: 'processed', codes });
      expect(outputOf(result, 'poster')).toMatchObject(size);
      expectGoodOutput(result);
      expect(videoOf(result)).toMatchObject({ codedWidth: size.width, codedHeight: size.height, interlaced: false });
      if (result.output?.audio !== undefined) {
        expect(result.output.audio).toMatchObject({ codec: 'aac', profile: 'LC', channels: 2, sampleRate: 48_000 });
        const apart = videoOf(result).stats.firstSeconds - result.output.audio.stats.firstSeconds;
        expect(Math.abs(apart)).toBeLessThan(0.05);
      }
    },
    TIMEOUT,
  );

  it(
    'leaves out the second audio track, and says so',
    async () => {
      const result = await run('two-tracks.mp4');
      expect(result).toMatchObject({ outcome: 'remuxed', warnings: ['extra_audio_dropped'] });
      expect(result.output?.audioTracks).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'encodes a transport stream whose clock jumps, at its true length',
    async () => {
      const parts = [await readFile(await shop.clip('stream.ts')), await readFile(await shop.clip('stream-later.ts'))];
      const result = await runPipeline(await shop.file('jump.ts', Buffer.concat(parts)), tools);
      expect(result).toMatchObject({ outcome: 'processed', codes: ['clock_jumps'] });
      expectGoodOutput(result);
      expect(result.output?.durationSeconds).toBeGreaterThan(3.9);
    },
    TIMEOUT,
  );

  it.each(
    select<[ClipName, string, RegExp]>([
      ['audio-only.m4a', 'no_video_stream', /an audio file/],
      ['cover.mp3', 'no_video_stream', /audio file/],
      ['picture.png', 'container_not_allowed', /a PNG image/],
      ['bomb.avi', 'too_many_pixels', /8192x4352/],
    ]),
  )(
    'turns %s away (%s)',
    async (name, code, sentence) => {
      const result = await run(name);
      expect(result).toMatchObject({ outcome: 'rejected', codes: [code], files: [] });
      expect(result.sentence).toMatch(sentence);
    },
    TIMEOUT,
  );

  it.each(
    select<[string, (webReady: Buffer) => Uint8Array | string, string]>([
      ['an empty file', () => '', 'empty_file'],
      ['a text', () => 'This is my holiday.\n', 'container_not_allowed'],
      [
        'noise',
        () => Buffer.from(Array.from({ length: 50_000 }, (__, i) => (i * 7919 + (i >> 3)) & 0xff)),
        'invalid_data',
      ],
      ['a file without its index', (file) => file.subarray(0, file.indexOf('moov') - 4), 'moov_missing'],
      ['a header only', (file) => file.subarray(0, file.indexOf('mdat') + 4), 'undecodable_video'],
    ]),
  )(
    'turns %s away',
    async (name, content, code) => {
      const source = name === 'a file without its index' ? 'moov-last.mp4' : 'web-ready.mp4';
      const bytes = content(await readFile(await shop.clip(source)));
      const result = await runPipeline(await shop.file(`${code}.mp4`, bytes), tools);
      expect(result).toMatchObject({ outcome: 'rejected', codes: [code], files: [] });
    },
    TIMEOUT,
  );

  it(
    'publishes what is left of an upload that was cut off, with a warning',
    async () => {
      const whole = await readFile(await shop.clip('web-ready.mp4'));
      const data = whole.indexOf('mdat');
      const cut = whole.subarray(0, data + Math.floor((whole.length - data) * 0.6));
      const result = await runPipeline(await shop.file('cut.mp4', cut), tools);
      expect(result).toMatchObject({
        outcome: 'processed',
        codes: ['shorter_than_header'],
        warnings: ['header_duration_wrong'],
      });
      expectGoodOutput(result);
    },
    TIMEOUT,
  );
});
