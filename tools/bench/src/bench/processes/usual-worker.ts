/**
 * The worker that one usually writes: BullMQ, fluent-ffmpeg, supabase-js with a Buffer, an output after the other, each
 * by a pass over the source. Its encoder settings and sizes are those of our worker, and it copies what is web-ready, so
 * that only the way of working differs. It checks nothing, resumes nothing and retries nothing.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { printLine } from '@supabase-media/local-stack/stack/output';
import { Worker } from 'bullmq';
import ffmpeg from 'fluent-ffmpeg';
import { Redis } from 'ioredis';

/** What a job of it says. */
export interface UsualJob {
  readonly path: string;
  readonly outputs: readonly string[];
}

const { SUPABASE_URL = '', SUPABASE_SERVICE_ROLE_KEY = '', REDIS_URL = '', CONCURRENCY = '1' } = process.env;
const supabase = createClient(
  SUPABASE_URL,
  SUPABASE_SERVICE_ROLE_KEY,
  SUPABASE_OPTIONS as SupabaseClientOptions<'public'>,
);

const AUDIO = ['-c:a aac', '-b:a 128k', '-ac 2', '-ar 48000'];
const H264 = ['-c:v libx264', '-preset veryfast', '-crf 23', '-profile:v high', '-threads 2'];
const KEY_FRAMES = ['-force_key_frames expr:gte(t,n_forced*2)', '-sc_threshold 0'];
const HLS = ['-f hls', '-hls_time 4', '-hls_playlist_type vod', '-hls_segment_type fmp4'];
const RUNGS = [
  { height: 1080, rate: '6M', buffer: '12M', bandwidth: 6_128_000 },
  { height: 720, rate: '3M', buffer: '6M', bandwidth: 3_128_000 },
  { height: 480, rate: '1400k', buffer: '2800k', bandwidth: 1_528_000 },
];

const probe = (file: string): Promise<ffmpeg.FfprobeData> =>
  new Promise((resolve, reject) => {
    ffmpeg.ffprobe(file, (error, data) => (error ? reject(error) : resolve(data)));
  });

const convert = (input: string, options: string[], output: string): Promise<void> =>
  new Promise((resolve, reject) => {
    ffmpeg(input)
      .outputOptions(options)
      .on('end', () => resolve())
      .on('error', reject)
      .save(output);
  });

async function download(path: string, file: string): Promise<void> {
  const { data, error } = await supabase.storage.from('project-videos').download(path);
  if (error) throw error;
  await writeFile(file, Buffer.from(await data.arrayBuffer()));
}

async function upload(file: string, path: string): Promise<void> {
  const body = await readFile(file);
  const options = { contentType: 'video/mp4', upsert: true };
  const { error } = await supabase.storage.from('project-processed-videos').upload(path, body, options);
  if (error) throw error;
}

/** Every output that a job may ask for, by a pass of its own over the source. */
const OUTPUTS: Readonly<Record<string, (input: string, folder: string) => Promise<void>>> = {
  video: async (input, folder) => {
    const { streams, format } = await probe(input);
    const codecs = streams.map(({ codec_name }) => codec_name);
    const isWebReady = codecs.includes('h264') && codecs.includes('aac') && Number(format.bit_rate) < 12_000_000;
    const options = isWebReady
      ? ['-c copy']
      : [...H264, '-maxrate 6M', '-bufsize 12M', ...KEY_FRAMES, '-vf scale=-2:1080,format=yuv420p', ...AUDIO];
    await convert(input, [...options, '-movflags +faststart'], join(folder, 'video.mp4'));
  },
  poster: (input, folder) =>
    convert(input, ['-vf thumbnail=50,scale=1280:-2', '-frames:v 1', '-q:v 3'], join(folder, 'poster.jpg')),
  storyboard: async (input, folder) => {
    const { format } = await probe(input);
    const rows = Math.ceil(Number(format.duration) / 2 / 10);
    const filter = `-vf fps=1/2,scale=160:-2,tile=10x${rows}`;
    await convert(input, [filter, '-frames:v 1', '-q:v 5', '-an'], join(folder, 'storyboard.jpg'));
  },
  hls: async (input, folder) => {
    for (const { height, rate, buffer } of RUNGS) {
      await mkdir(join(folder, `${height}p`));
      const video = [`-vf scale=-2:${height},format=yuv420p`, ...H264, `-maxrate ${rate}`, `-bufsize ${buffer}`];
      await convert(input, [...video, ...KEY_FRAMES, ...AUDIO, ...HLS], join(folder, `${height}p`, 'index.m3u8'));
    }
    const master = RUNGS.map(
      ({ height, bandwidth }) => `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth}\n${height}p/index.m3u8`,
    );
    await writeFile(join(folder, 'master.m3u8'), ['#EXTM3U', ...master, ''].join('\n'));
  },
  preview: (input, folder) =>
    convert(input, ['-t 5', '-an', '-vf fps=30,scale=480:-2', '-c:v libx264', '-crf 28'], join(folder, 'preview.mp4')),
  info: async (input, folder) => writeFile(join(folder, 'info.json'), JSON.stringify(await probe(input))),
};

async function processVideo({ path, outputs }: UsualJob): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'usual-worker-'));
  try {
    const input = join(work, 'input.mp4');
    await download(path, input);
    const results = join(work, 'results');
    await mkdir(results);
    for (const output of outputs) await OUTPUTS[output]?.(input, results);
    const names = await readdir(results, { recursive: true });
    for (const name of names)
      if ((await stat(join(results, name))).isFile()) await upload(join(results, name), `usual/${path}/${name}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const worker = new Worker<UsualJob>('usual', ({ data }) => processVideo(data), {
  connection,
  concurrency: Number(CONCURRENCY),
});
await worker.waitUntilReady();
printLine('ready');
