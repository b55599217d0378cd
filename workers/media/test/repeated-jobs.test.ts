/** What somebody added to a finished video outlives the job that is run again, or dies on the way to other settings. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { addCaptions, mergeCaptions } from '@supabase-media/media/captions';
import { locateTools } from '@supabase-media/media/locate-tools';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { readText, writeText } from '@supabase-media/storage/text-objects';
import { uploadFile } from '@supabase-media/storage/uploader';
import { createGate, withConsumerOn } from '@supabase-media/test-support/queue';
import { hasRedis, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage, openStackVideos, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import type { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stackConfig } from './support/stack-config.ts';
import { dyingAt, openHandlers } from './support/video-handlers.ts';

const storage = openStackStorage();
const videos = openStackVideos();
const BUCKET = stackConfig().resultBucket;

let folder: string;
let redis: TestRedis;
let address: QueueAddress;
let client: QueueClient;
let queue: Queue;
const onRedis = it.skipIf(!hasRedis());
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-repeated-'));
  redis = await startRedis();
  address = { redisUrl: redis.url };
  client = openQueueClient({ ...address, rows: 'elsewhere' });
  const { classes, connection } = chooseBackend(address);
  queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
});
afterAll(async () => {
  await Promise.all([client?.close(), queue?.close(), storage.close()]);
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

const handlersOf = (profile: string) =>
  openHandlers(
    stackConfig({
      REDIS_URL: redis.url,
      WORK_DIR: join(folder, 'work'),
      MEDIA_OUTPUTS: 'video,captions,hls',
      MEDIA_PROFILE: profile,
    }),
    storage,
  );

const vtt = (text: string) => `WEBVTT\n\n00:00:00.200 --> 00:00:00.800\n${text}\n`;

/** Two seconds with subtitles in English, sent to an address. */
async function sendSubtitled(source: { readonly bucket: string; readonly path: string }, size: string) {
  const { ffmpeg } = await locateTools();
  const [file, subtitles] = [join(folder, 'subtitled.mkv'), join(folder, 'source.srt')];
  await writeFile(subtitles, '1\n00:00:00,200 --> 00:00:00,800\nOf the source\n');
  const inputs = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=2`, '-i', subtitles];
  const codecs = ['-c:v', 'mjpeg', '-c:s', 'subrip', '-metadata:s:s', 'language=eng'];
  const made = spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', '-y', ...inputs, ...codecs, file]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const resumeStore = openResumeStore(join(folder, 'state'));
  const contentType = 'video/x-matroska';
  await uploadFile({ connection: storage, policy: POLICY, resumeStore, file, contentType, upsert: true, ...source });
}

/** As the command and the API do. */
async function add(videoId: string, language: string, text: string): Promise<void> {
  const outputs = (await videos.find(videoId))?.outputs ?? [];
  const added = await addCaptions({
    outputs,
    language,
    content: Buffer.from(vtt(text)),
    files: {
      read: (path) => readText(storage, { bucket: BUCKET, path }),
      write: (file) => writeText(storage, { bucket: BUCKET, ...file }),
    },
  });
  expect(await videos.changeOutputs(videoId, (current) => mergeCaptions(current, added))).toBe(true);
}

/** The captions of a video by their languages, as its row and its stream name them. */
async function readCaptions(videoId: string) {
  const outputs = (await videos.find(videoId))?.outputs ?? [];
  const found: Record<string, string | undefined> = {};
  for (const { kind, bucket, path, language = '' } of outputs)
    if (kind === 'captions')
      found[language] = /\d\n(.*)\n$/.exec((await readText(storage, { bucket, path })) ?? '')?.[1];
  const master = outputs.find(({ kind }) => kind === 'hls')?.path ?? '';
  const streamed: Record<string, string | undefined> = {};
  const playlist = (await readText(storage, { bucket: BUCKET, path: master })) ?? '';
  for (const [, language = '', uri = ''] of playlist.matchAll(/LANGUAGE="(.+?)".*URI="(.+?)\/index\.m3u8"/g)) {
    const path = `${dirname(master)}/${uri}/captions.vtt`;
    streamed[language] = /\d\n(.*)\n$/.exec((await readText(storage, { bucket: BUCKET, path })) ?? '')?.[1];
  }
  return { master, found, streamed };
}

const runTo = async (profile: string, source: Parameters<QueueClient['enqueueVideo']>[0]['source']) => {
  const { jobId, videoId } = await client.enqueueVideo({ source, ownerId: null });
  await withConsumerOn(address, await handlersOf(profile), async () => {
    await client.waitForVideo(jobId);
  });
  return { jobId, videoId };
};

onRedis('keeps added captions where a job is run again, under the same settings and under others', async () => {
  const source = { bucket: SOURCES, path: uniquePath('subtitled.mkv') };
  await sendSubtitled(source, '64x64');
  const { videoId } = await runTo('fast', source);
  const first = await readCaptions(videoId);
  expect(first).toMatchObject({ found: { en: 'Of the source' }, streamed: { en: 'Of the source' } });

  await add(videoId, 'en', 'In its place');
  await add(videoId, 'de', 'Dazu');
  const all = { en: 'In its place', de: 'Dazu' };
  await runTo('fast', source);
  expect(await readCaptions(videoId)).toEqual({ master: first.master, found: all, streamed: all });

  // A run that dies on the way to other settings, after they are published; and another one under those of before.
  const { jobId } = await client.enqueueVideo({ source, ownerId: null });
  const put = createGate();
  const quality = await handlersOf('quality');
  const process = dyingAt(quality, ({ derived }) => derived !== undefined);
  await withConsumerOn(address, { process, wait: async () => put.open() }, () => put.opened);
  const outputs = (await videos.find(videoId))?.outputs ?? [];
  expect(outputs.every(({ path }) => path.includes('-quality-'))).toBe(true);
  await withConsumerOn(address, await handlersOf('fast'), async () => {
    await (await queue.getJob(jobId))?.promote();
    await client.waitForVideo(jobId);
  });
  expect(await readCaptions(videoId)).toEqual({ master: first.master, found: all, streamed: all });
});

onRedis('leaves added captions behind where the source is another one', async () => {
  const source = { bucket: SOURCES, path: uniquePath('subtitled.mkv') };
  await sendSubtitled(source, '64x64');
  const { videoId } = await runTo('fast', source);
  await add(videoId, 'de', 'Dazu');
  await sendSubtitled(source, '96x64');
  await runTo('fast', source);
  expect((await readCaptions(videoId)).found).toEqual({ en: 'Of the source' });
});
