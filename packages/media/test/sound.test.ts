/** Every kind of sound, through the whole pipeline: heard afterwards, or said to be lost; never at the video's cost. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../src/ffmpeg/run-process.ts';
import type { MediaTools } from '../src/ffmpeg/tools.ts';
import { type PipelineResult, QUICK_POLICY, runPipeline, videoOf } from './support/pipeline.ts';
import { findAllTools } from './support/tools.ts';

const TIMEOUT = 60_000;
const allTools = await findAllTools();

const lavfi = (source: string) => `-f lavfi -i ${source}`;
const PICTURE = lavfi('testsrc2=size=64x64:rate=10:duration=2');
const TONE = lavfi('sine=frequency=440:sample_rate=48000:duration=2');
const H264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p';

/** So many channels, of which one is heard. */
const oneOf = (channels: number, heard: number, layout = '') => {
  const values = Array.from({ length: channels }, (_, channel) => (channel === heard ? '0.3*sin(2000*t)' : '0'));
  return lavfi(`aevalsrc=${values.join('|')}:s=48000:d=2${layout}`);
};

/** What ffmpeg is given for each clip; `~` is a space inside a word. */
const CLIPS = {
  'sixteen.mkv': `${PICTURE} ${oneOf(16, 6)} ${H264} -c:a pcm_s24le`,
  'stereo.mov': `${PICTURE} ${oneOf(2, 1)} ${H264} -c:a pcm_s16le`,
  'ambisonic.mkv': `${PICTURE} ${oneOf(4, 0)} ${H264} -af channelmap=0|1|2|3:ambisonic~1 -c:a libopus -mapping_family 2`,
  'surround.mkv': `${PICTURE} ${oneOf(8, 6, ':c=7.1')} ${H264} -c:a flac`,
  'telephone.mov': `${PICTURE} ${oneOf(1, 0)} ${H264} -ar 8000 -c:a pcm_mulaw`,
  'vorbis.mkv': `${PICTURE} ${TONE} -c:v mpeg4 -c:a libvorbis`,
  'ac3.mp4': `${PICTURE} ${TONE} ${H264} -c:a ac3`,
  'aac.mp4': `${PICTURE} ${TONE} ${H264} -ac 2 -c:a aac`,
  'two-tracks.mp4': `${PICTURE} ${TONE} ${TONE} -map 0 -map 1 -map 2 ${H264} -c:a:0 ac3 -c:a:1 aac`,
  'programmes.ts':
    `${PICTURE} ${oneOf(2, 0)} ${PICTURE.replace('rate=10', 'rate=20')} ${oneOf(2, 1)} -map 0 -map 1 -map 2 -map 3 ${H264} ` +
    '-c:a aac -program program_num=1:st=0:st=1 -program program_num=2:st=2:st=3',
  'late.ts': `${PICTURE.replace('=2', '=14').replace('=10', '=5')} -itsoffset 12 ${TONE} -map 0 -map 1 ${H264} -c:a aac`,
  'late.mkv': `${PICTURE} -itsoffset 1 ${TONE} -map 0 -map 1 -c:v mpeg4 -c:a ac3`,
  'early.mkv': `-itsoffset 1 ${PICTURE} ${TONE} -map 0 -map 1 -c:v mpeg4 -c:a flac`,
  'short.mkv': `${PICTURE} ${TONE} -af atrim=end=0.3 -c:v mpeg4 -c:a flac`,
  'quiet.mp4': `${PICTURE} ${TONE} ${H264} -af volume=-20dB -ac 2 -c:a aac -movflags +faststart`,
  'peaks.mkv': `${PICTURE} ${lavfi('aevalsrc=0.01*sin(3000*t)+0.95*lt(mod(t\\,1)\\,0.004)*sin(20000*t):s=48000:d=2')} ${H264} -c:a flac`,
  'silence.mp4': `${PICTURE} ${lavfi('anullsrc=duration=2')} ${H264} -c:a aac -movflags +faststart`,
} as const;

type ClipName = keyof typeof CLIPS;

/** The newest ffmpeg makes the clips for all: it writes more kinds. */
const maker = allTools.at(-1)?.[1] as MediaTools;
const made = new Map<ClipName, Promise<string>>();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-sound-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function make(name: ClipName): Promise<string> {
  const path = join(folder, name);
  const words = CLIPS[name].split(' ').map((word) => word.replaceAll('~', ' '));
  const { exitCode, stderrTail } = await runProcess({
    program: maker.ffmpeg.path,
    args: ['-nostdin', '-y', '-v', 'error', ...words, path],
  });
  expect(exitCode, stderrTail).toBe(0);
  return path;
}

function clip(name: ClipName): Promise<string> {
  const path = made.get(name) ?? make(name);
  made.set(name, path);
  return path;
}

/** A clip with other bytes. */
async function changed(name: ClipName, change: (file: Buffer) => Buffer | Promise<Buffer>): Promise<string> {
  const path = join(folder, `changed-${name}`);
  await writeFile(path, await change(await readFile(await clip(name))));
  return path;
}

/** As if the AC-3 were AC-4, for which ffmpeg has no decoder. */
const withAc4 = (name: ClipName) =>
  changed(name, (file) => {
    file.write('ac-4', file.indexOf('ac-3', file.indexOf('soun')));
    return file;
  });

/** As if the AAC were xHE-AAC: object type 42 (ISO/IEC 14496-3, table 1.17), which no ffmpeg before 7.1 opens. */
const withXheAac = (name: ClipName) =>
  changed(name, (file) => {
    const header = Buffer.from('0580808005', 'hex');
    file.write('f946400000', file.indexOf(header, file.indexOf('esds')) + header.length, 'hex');
    return file;
  });

/** The third header of Vorbis overwritten, which holds what its packets are decoded by. */
const withBrokenVorbis = (name: ClipName) =>
  changed(name, (file) => file.fill(0xff, file.indexOf('\u0005vorbis') + 7, file.indexOf('\u0005vorbis') + 60));

/** Noise instead of the payload of the first audio track. */
const withNoise = (name: ClipName) =>
  changed(name, async (file) => {
    const show = ['-v', 'error', '-select_streams', 'a:0', '-show_entries', 'packet=pos,size', '-of', 'csv=p=0'];
    const onLine = (line: string) => {
      const [size = 0, at = 0] = line.split(',').map(Number);
      for (let i = at; i < at + size; i += 1) file[i] = (i * 7919 + (i >> 3)) & 0xff;
    };
    await runProcess({ program: maker.ffprobe.path, args: [...show, await clip(name)], onLine });
    return file;
  });

/** The channels of a MOV described as no speakers, each by itself (QuickTime File Format, `chan`). */
const withoutSpeakers = (name: ClipName, channels: number) =>
  changed(name, (file) => {
    const at = file.indexOf('chan') - 4;
    const size = file.readUInt32BE(at);
    const box = Buffer.alloc(24 + 20 * channels);
    box.writeUInt32BE(box.length);
    box.write('chan', 4);
    box.writeUInt32BE(channels, 20);
    for (const parent of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'sowt']) {
      const start = file.lastIndexOf(parent, at) - 4;
      file.writeUInt32BE(file.readUInt32BE(start) + box.length - size, start);
    }
    return Buffer.concat([file.subarray(0, at), box, file.subarray(at + size)]);
  });

describe.each(allTools)('%s', (_, tools) => {
  const process = (path: string) => runPipeline(path, tools, { outputs: ['video'] });

  /** Root mean square of left and right between two seconds, in dB. */
  async function listen({ videoPath }: PipelineResult, from: number, to: number): Promise<[number, number]> {
    const levels: number[] = [];
    const filter = `aresample=async=1:first_pts=0,atrim=${from}:${to},astats=measure_overall=none:measure_perchannel=RMS_level:metadata=1,ametadata=print:file=-`;
    const { exitCode, stderrTail } = await runProcess({
      program: tools.ffmpeg.path,
      args: ['-nostdin', '-v', 'error', '-i', videoPath, '-vn', '-af', filter, '-f', 'null', '-'],
      onLine(line) {
        const [__, channel, level] = /astats\.(\d)\.RMS_level=(\S+)/.exec(line) ?? [];
        if (channel !== undefined) levels[Number(channel) - 1] = level === '-inf' ? -120 : Number(level);
      },
    });
    expect(exitCode, stderrTail).toBe(0);
    const [left = Number.NaN, right = left] = levels;
    return [left, right];
  }

  async function hears(result: PipelineResult, from = 0.5, to = 1.5): Promise<string> {
    const [left, right] = await listen(result, from, to);
    if (Math.max(left, right) < -50) return 'silence';
    if (Math.abs(left - right) < 1) return 'both';
    return left > right ? 'left' : 'right';
  }

  it.each<[string, () => Promise<string>, string, number]>([
    ['the seventh of 16 channels', () => clip('sixteen.mkv'), 'left', -22.5],
    ['two channels without speakers', () => withoutSpeakers('stereo.mov', 2), 'right', -13.5],
    ['ambisonics from all sides', () => clip('ambisonic.mkv'), 'both', -16.5],
    ['the left of 7.1', () => clip('surround.mkv'), 'left', -16.5],
    ['the sound of telephones', () => clip('telephone.mov'), 'both', -16.5],
  ])(
    'keeps %s',
    async (__, source, expected, level) => {
      const result = await process(await source());
      expect(result).toMatchObject({ outcome: 'processed', codes: ['audio_codec'], warnings: [] });
      expect(result.output?.audio).toMatchObject({ codec: 'aac', channels: 2, sampleRate: 48_000 });
      expect(await hears(result)).toBe(expected);
      // 0.3 of full scale is -13.5 dB.
      expect(Math.max(...(await listen(result, 0.5, 1.5)))).toBeCloseTo(level, -0.5);
    },
    TIMEOUT,
  );

  it.each<[string, () => Promise<string>, string, string[], string]>([
    ['without a decoder', () => withAc4('ac3.mp4'), 'remuxed', ['audio_lost'], 'none'],
    ['of xHE-AAC', () => withXheAac('aac.mp4'), 'remuxed', ['audio_lost'], 'none'],
    ['of Vorbis with a damaged header', () => withBrokenVorbis('vorbis.mkv'), 'processed', ['audio_lost'], 'none'],
    ['of noise', () => withNoise('aac.mp4'), 'processed', ['audio_lost'], 'none'],
    ['without a decoder beside another', () => withAc4('two-tracks.mp4'), 'remuxed', ['extra_audio_dropped'], 'both'],
    ['of noise beside another', () => withNoise('two-tracks.mp4'), 'processed', ['extra_audio_dropped'], 'both'],
  ])(
    'publishes a video with a track %s',
    async (__, source, outcome, warnings, expected) => {
      const result = await process(await source());
      expect(result).toMatchObject({ outcome, warnings, files: ['video.mp4'] });
      expect(videoOf(result).stats.packets).toBe(20);
      expect(result.output?.audioTracks === 0 ? 'none' : await hears(result)).toBe(expected);
    },
    TIMEOUT,
  );

  it(
    'takes picture and sound of one programme',
    async () => {
      const result = await process(await clip('programmes.ts'));
      expect(videoOf(result).stats.packets).toBe(40);
      expect(await hears(result)).toBe('right');
    },
    TIMEOUT,
  );

  it.each<[ClipName, number]>([
    ['late.ts', 12],
    ['late.mkv', 1],
  ])(
    'keeps the silence before the sound of %s',
    async (name, seconds) => {
      const result = await process(await clip(name));
      expect(result).toMatchObject({ outcome: 'processed', warnings: [] });
      expect(await hears(result, 0, seconds - 0.1)).toBe('silence');
      expect(await hears(result, seconds + 0.1, seconds + 0.3)).toBe('both');
    },
    TIMEOUT,
  );

  it(
    'keeps sound that begins before the picture, and sound that ends before it',
    async () => {
      const early = await process(await clip('early.mkv'));
      expect(videoOf(early).stats.firstSeconds).toBeCloseTo(1, 1);
      expect(await hears(early, 0.1, 0.9)).toBe('both');
      const short = await process(await clip('short.mkv'));
      expect(short).toMatchObject({ outcome: 'processed', warnings: [] });
      expect(short.output?.audio?.stats.durationSeconds).toBeCloseTo(0.3, 1);
    },
    TIMEOUT,
  );

  describe('a target for the loudness', () => {
    const policy = { ...QUICK_POLICY, loudnessLufs: -14 };
    const run = async (name: ClipName) => runPipeline(await clip(name), tools, { policy, outputs: ['video', 'info'] });
    const readLoudness = async (result: PipelineResult) =>
      JSON.parse(await readFile(join(result.folder, 'info.json'), 'utf8')).loudness;

    it(
      'is reached by one gain, beside a copied picture',
      async () => {
        const result = await run('quiet.mp4');
        expect(result).toMatchObject({ outcome: 'processed', codes: ['loudness'], warnings: [] });
        const { target, applied, input, output } = await readLoudness(result);
        expect({ target, applied }).toEqual({ target: -14, applied: -14 });
        expect(input.integrated).toBeLessThan(-35);
        expect(Math.abs(output.integrated + 14)).toBeLessThan(0.5);
        // One gain moves the peaks by as much.
        expect(output.truePeak - input.truePeak).toBeCloseTo(output.integrated - input.integrated, 0);
      },
      TIMEOUT,
    );

    it(
      'is missed where the peaks stand in the way, and said to be',
      async () => {
        const result = await run('peaks.mkv');
        expect(result).toMatchObject({ warnings: ['loudness_limited'] });
        const { applied, output } = await readLoudness(result);
        expect(applied).toBeLessThan(-14.5);
        expect(output.integrated).toBeCloseTo(applied, 0);
        expect(output.truePeak).toBeLessThan(0);
      },
      TIMEOUT,
    );

    it(
      'leaves silence alone',
      async () => {
        const result = await run('silence.mp4');
        expect(result).toMatchObject({ outcome: 'remuxed', codes: ['already_faststart'], warnings: [] });
        expect(await readLoudness(result)).toBeUndefined();
      },
      TIMEOUT,
    );
  });
});
