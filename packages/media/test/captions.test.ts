/** Captions of tiny clips, on every ffmpeg of this machine: as files, as HLS renditions, and what becomes of the others. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaTools } from '../src/ffmpeg/tools.ts';
import { outputOf, type PipelineResult, runPipeline } from './support/pipeline.ts';
import { findAllTools, withFailure } from './support/tools.ts';

const TIMEOUT = 60_000;
const SINTEL = resolve(fileURLToPath(import.meta.url), '../../../../../shared/corpus/mux.js-sintel-captions.ts');

const SRT = `1
00:00:00,500 --> 00:00:01,000
<font color="red">Red</font> & <b>bold</b> <script>1 < 2</script>

2
00:00:01,000 --> 00:00:02,100
To the end
`;
const ASS = `[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.20,0:00:00.90,Default,,0,0,0,,{\\an8\\pos(1,2)}Oben {\\i1}kursiv{\\i0}\\N<b>
`;

describe.each(await findAllTools())('%s', (_, tools) => {
  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  /** A clip with more inputs beside its own two seconds, as ffmpeg muxes them. */
  async function mux(name: string, files: readonly string[], args: string): Promise<string> {
    const clip = await shop.clip('web-ready.mp4');
    const path = join(dirname(clip), name);
    const inputs = [clip, ...files].flatMap((file) => ['-i', file]);
    const maps = [...files.keys()].flatMap((index) => ['-map', `${index + 1}`]);
    await run(tools, [...inputs, '-map', '0', ...maps, '-c', 'copy', ...args.split(' '), path]);
    return path;
  }

  const captionsOf = (result: PipelineResult) =>
    result.outputs
      .filter(({ kind }) => kind === 'captions')
      .map(({ name, contentType, language, label, disposition }) => ({
        name,
        contentType,
        language,
        label,
        disposition,
      }));
  const read = ({ folder }: PipelineResult, name: string) => readFile(join(folder, name), 'utf8');

  it(
    'SubRip and ASS in Matroska, in the MP4 beside them and in HLS',
    async () => {
      const files = [await shop.file('a.srt', SRT), await shop.file('a.ass', ASS)];
      const path = await mux(
        'subtitled.mkv',
        files,
        '-c:s:0 subrip -c:s:1 ass -metadata:s:s:0 language=eng -metadata:s:s:0 title=Secret -metadata:s:s:1 language=ger -disposition:s:0 default -disposition:s:1 forced',
      );
      const result = await runPipeline(path, tools, { outputs: ['video', 'captions', 'hls', 'info'] });
      expect(result).toMatchObject({
        outcome: 'remuxed',
        warnings: [],
        files: ['captions', 'hls', 'info.json', 'video.mp4'],
      });
      const contentType = 'text/vtt';
      expect(captionsOf(result)).toEqual([
        { name: 'captions/en.vtt', contentType, language: 'en', label: 'English', disposition: 'default' },
        { name: 'captions/de.vtt', contentType, language: 'de', label: 'German (forced)', disposition: 'forced' },
      ]);
      const [english, german] = [await read(result, 'captions/en.vtt'), await read(result, 'captions/de.vtt')];
      // Matroska begins its clock with the AAC encoder's delay, 21 ms before the picture.
      expect(english).toMatch(
        /^WEBVTT\n\n00:00:00\.5\d0 --> 00:00:01\.0\d0\nRed &amp; <b>bold<\/b> 1 &lt; 2\n\n00:00:01\.0\d0 --> 00:00:02\.0\d\d\nTo the end\n$/,
      );
      expect(german).toMatch(/^WEBVTT\n\n00:00:00\.2\d0 --> 00:00:00\.9\d0\nOben <i>kursiv<\/i>\n&lt;b&gt;\n$/);

      const master = await read(result, 'hls/master.m3u8');
      expect(master).toContain('LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="captions-en/index.m3u8"');
      expect(master).toContain('LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="captions-de/index.m3u8"');
      expect(master.match(/^#EXT-X-STREAM-INF:.*,SUBTITLES="subs"$/m)).not.toBeNull();
      expect(await read(result, 'hls/captions-en/captions.vtt')).toBe(
        english.replace('WEBVTT', 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000'),
      );
      const info = JSON.parse(await read(result, 'info.json'));
      expect(info).toMatchObject({ hls: { captions: ['captions-en', 'captions-de'] } });
      expect(JSON.stringify(info)).not.toContain('Secret');
    },
    TIMEOUT,
  );

  it(
    'mov_text in MP4, WebVTT in WebM, a second track in one language and one in none',
    async () => {
      const srt = await shop.file('b.srt', SRT);
      const mp4 = await mux('subtitled.mp4', [srt], '-c:s mov_text -metadata:s:s language=fra');
      const first = await runPipeline(mp4, tools, { outputs: ['captions'] });
      expect(captionsOf(first)).toMatchObject([{ name: 'captions/fr.vtt', label: 'French' }]);
      expect(await read(first, 'captions/fr.vtt')).toContain('00:00:00.500 --> 00:00:01.000\nRed &amp; <b>bold</b>');

      const webm = join(dirname(srt), 'subtitled.webm');
      const picture = '-f lavfi -i testsrc2=size=64x64:rate=5:duration=2';
      const maps = '-map 0 -map 1 -map 1 -map 1 -c:v libvpx -deadline realtime -c:s webvtt';
      const languages = '-metadata:s:s:0 language=pol -metadata:s:s:1 language=pol';
      await run(tools, [...`${picture} -i ${srt} ${maps} ${languages}`.split(' '), webm]);
      const second = await runPipeline(webm, tools, { outputs: ['captions'] });
      expect(captionsOf(second).map(({ name }) => name)).toEqual([
        'captions/pl.vtt',
        'captions/pl-2.vtt',
        'captions/und.vtt',
      ]);
      expect(await read(second, 'captions/und.vtt')).toContain('Red &amp; <b>bold</b> 1');
    },
    TIMEOUT,
  );

  it(
    'subtitles that are pictures are named, and cost no other',
    async () => {
      const srt = await shop.file('c.srt', SRT);
      // Of the same Matroska file: the codec's name is what tells.
      const text = await mux(
        'text.mkv',
        [srt, srt],
        '-c:s subrip -metadata:s:s:0 language=eng -metadata:s:s:1 language=eng',
      );
      const file = await readFile(text);
      file.write('S_HDMV/PGS\0', file.lastIndexOf('S_TEXT/UTF8'));
      // Nor is all that calls itself UTF-8.
      file.writeUInt8(0xe9, file.indexOf('Red') + 1);
      const pictures = await shop.file('pictures.mkv', file);
      const result = await runPipeline(pictures, tools, { outputs: ['captions'] });
      expect(result.warnings).toEqual(['captions_not_text']);
      expect(captionsOf(result).map(({ name }) => name)).toEqual(['captions/en.vtt']);
      expect(await read(result, 'captions/en.vtt')).toContain('R\ufffdd &amp; <b>bold</b>');
    },
    TIMEOUT,
  );

  it(
    'closed captions in the picture (CEA-608)',
    async () => {
      const path = await makeCaptioned(shop, tools);
      const result = await runPipeline(path, tools, { outputs: ['video', 'captions'] });
      expect(result).toMatchObject({ input: { closedCaptions: true }, warnings: [] });
      expect(captionsOf(result)).toMatchObject([{ name: 'captions/und.vtt', language: 'und', label: 'Captions' }]);
      const [, from, to] =
        /^WEBVTT\n\n00:00:0(.+) --> 00:00:0(.+)\nHi there\n$/.exec(await read(result, 'captions/und.vtt')) ?? [];
      // Shown by the pair in frame 15 of 25 in a second, removed by that in frame 40; 33 ms are Scenarist's frames.
      expect(Number(from) - 0.6).toBeCloseTo(0, 1);
      expect(Number(to) - 1.6).toBeCloseTo(0, 1);
    },
    TIMEOUT,
  );

  it(
    'closed captions of a transport stream that begins at 30 s, its sound before its picture',
    async () => {
      const captioned = await makeCaptioned(shop, tools);
      const path = join(dirname(captioned), 'captioned.m2t');
      const inputs = `-itsoffset 0.5 -i ${captioned} -f lavfi -i sine=sample_rate=48000:duration=2.5`;
      const options = '-c:v copy -c:a aac -output_ts_offset 30 -f mpegts';
      await run(tools, [...`${inputs} ${options}`.split(' '), path]);
      const result = await runPipeline(path, tools, { outputs: ['video', 'captions'] });
      const [, from, to] =
        /^WEBVTT\n\n00:00:0(.+) --> 00:00:0(.+)\nHi there\n$/.exec(await read(result, 'captions/und.vtt')) ?? [];
      // The times of the picture, and the half second before it.
      expect(Number(from) - 1.1).toBeCloseTo(0, 1);
      expect(Number(to) - 2.1).toBeCloseTo(0, 1);
    },
    TIMEOUT,
  );

  it.skipIf(!existsSync(SINTEL))(
    'closed captions of a real transport stream, on the clock of the MP4',
    async () => {
      const result = await runPipeline(SINTEL, tools, { outputs: ['video', 'captions'] });
      expect(outputOf(result, 'captions').name).toBe('captions/und.vtt');
      // The sound begins 0.119 s before the picture, and the first caption 1.0 s after it.
      expect(await read(result, 'captions/und.vtt')).toMatch(
        /^WEBVTT\n\n00:00:01\.1\d0 --> 00:00:04\.1\d0\nASUKA .* Japanese\n/,
      );
    },
    TIMEOUT,
  );

  it(
    'are missed by nothing else where ffmpeg fails, and cost nothing where there are none',
    async () => {
      const srt = await shop.file('d.srt', SRT);
      const path = await mux('failing.mkv', [srt], '-c:s subrip');
      const failing = await withFailure(tools, '-c:s ass', 'echo "no such thing" >&2; exit 1');
      const result = await runPipeline(path, failing, { outputs: ['video', 'captions'] });
      expect(result).toMatchObject({ warnings: ['captions_unavailable'], files: ['video.mp4'] });

      const without = await withFailure(tools, '-c copy -f null', 'exit 1');
      const none = await runPipeline(await shop.clip('web-ready.mp4'), without, { outputs: ['captions'] });
      expect(none).toMatchObject({ warnings: [], files: [] });
    },
    TIMEOUT,
  );
});

const run = (tools: MediaTools, args: readonly string[]) =>
  promisify(execFile)(tools.ffmpeg.path, ['-hide_banner', '-nostdin', '-y', '-v', 'error', ...args]);

/**
 * Two seconds of H.264 whose frames carry "Hi there" as pop-on captions: a SEI message before each first slice.
 */
async function makeCaptioned(shop: ClipShop, tools: MediaTools): Promise<string> {
  const folder = dirname(await shop.file('x', ''));
  const raw = join(folder, 'raw.h264');
  const source =
    '-f lavfi -i testsrc2=size=64x64:rate=25:duration=2 -c:v libx264 -preset ultrafast -x264-params aud=1 -f h264';
  await run(tools, [...source.split(' '), raw]);
  // Erase the hidden memory, pop-on captions, row 15, the text; then show them, and at last remove them.
  const words: Readonly<Record<number, string>> = {
    2: '942e',
    3: '9420',
    4: '9470',
    5: 'c8e9',
    6: '2080',
    7: 'f468',
    8: 'e5f2',
    9: 'e580',
    15: '942f',
    40: '942c',
  };
  const stream = (await readFile(raw)).toString('latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the start codes of units.
  const frames = stream.split(/(?=\0\0\0\x01\x09)/).map((frame, index) => {
    const payload = Buffer.from(`b5003147413934${'03'}41ff${'fc'}${words[index] ?? '8080'}ff`, 'hex');
    const message = Buffer.concat([Buffer.from([0, 0, 0, 1, 6, 4, payload.length]), payload, Buffer.from([0x80])]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the same.
    const slice = frame.search(/\0\0\0?\x01[\x01\x21\x41\x61\x25\x65]/);
    return frame.slice(0, slice) + message.toString('latin1') + frame.slice(slice);
  });
  const captioned = await shop.file('captioned.h264', Buffer.from(frames.join(''), 'latin1'));
  const path = join(folder, 'captioned.mp4');
  await run(tools, ['-f', 'h264', '-r', '25', '-i', captioned, '-c', 'copy', path]);
  return path;
}
