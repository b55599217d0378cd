/** Jobs whose source takes seconds to arrive: it is encoded meanwhile, and what comes out is the same. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { type DelayProxy, openDelayProxy } from '@supabase-media/local-stack/fault-proxy/delay-proxy';
import { locateTools } from '@supabase-media/media/locate-tools';
import { downloadFile } from '@supabase-media/storage/download';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { type SeenRequest, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { createQueueDatabase, type VideoHandlers, withConsumerOn } from '@supabase-media/test-support/queue';
import { openStackStorage, openStackVideos, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { stackConfig } from './support/stack-config.ts';
import { openHandlers } from './support/video-handlers.ts';

const storage = openStackStorage();
const HUES = [0, 90] as const;
/** 10 MB take six seconds, and the encode is expected to take five. */
const WAY = { delayMs: 5, bytesPerSecond: 1_700_000 };

const opened = [storage];

let folder: string;
let way: DelayProxy;
let address: { readonly databaseUrl: string };
let client: QueueClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-early-'));
  way = await openDelayProxy(Number(new URL(stackValue('SUPABASE_URL')).port), WAY);
  address = { databaseUrl: await createQueueDatabase() };
  client = openQueueClient({ ...address, rows: 'elsewhere' });
});
afterAll(async () => {
  await Promise.all([client?.close(), ...opened.map(({ close }) => close())]);
  await way?.close();
  await rm(folder, { recursive: true, force: true });
});

const events: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void events.push(JSON.parse(line)) });
const named = (event: string) => events.filter((line) => line.event === event);
beforeEach(() => void events.splice(0));

/** Handlers over the way; one thread, whose output is always the same. */
async function handlersOver(url: string, workDir: string, more = {}): Promise<VideoHandlers> {
  const config = stackConfig({
    ...{ SUPABASE_URL: url, DATABASE_URL: address.databaseUrl, WORK_DIR: join(folder, workDir) },
    ...{ MEDIA_OUTPUTS: 'video', MEDIA_THREADS: '1' },
    ...more,
  });
  const over = openStackStorage(url);
  opened.push(over);
  return openHandlers(config, over, {}, log);
}

const farUrl = () => `http://127.0.0.1:${way.port}`;

/** Ten bits that browsers do not play, of a hue of their own. */
async function makeVideo(hue: number): Promise<string> {
  const { ffmpeg } = await locateTools();
  const file = join(folder, `${hue}.mp4`);
  if (existsSync(file)) return file;
  const picture = `testsrc2=size=1280x720:rate=25:duration=12,hue=h=${hue}`;
  const codec = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p10le -b:v 7M -minrate 7M -maxrate 7M -bufsize 1M';
  // What the picture does not need is filled with zeros.
  const filled = ['-x264-params', 'nal-hrd=cbr'];
  const args = ['-f', 'lavfi', '-i', picture, ...codec.split(' '), ...filled, '-movflags', '+faststart', file];
  const made = spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', '-y', ...args]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return file;
}

async function send(source: { readonly bucket: string; readonly path: string }, hue: number): Promise<void> {
  const file = await makeVideo(hue);
  const resumeStore = openResumeStore(join(folder, 'state'));
  const options = { connection: storage, policy: POLICY, resumeStore, file, contentType: 'video/mp4', ...source };
  await uploadFile({ ...options, upsert: true });
}

async function fetchVideo(videoId: string): Promise<Buffer> {
  const video = (await openStackVideos().find(videoId))?.outputs.find(({ kind }) => kind === 'video');
  const file = join(folder, `${videoId}.mp4`);
  const { bucket = '', path = '' } = video ?? {};
  await downloadFile({ connection: storage, bucket, path, file, timeouts: POLICY, maxRetries: 0 });
  return readFile(file);
}

async function process(source: { readonly bucket: string; readonly path: string }, handlers: VideoHandlers) {
  const { jobId, videoId } = await client.enqueueVideo({ ownerId: null, source });
  await withConsumerOn(address, handlers, async () => {
    expect(await client.waitForVideo(jobId)).toMatchObject({ outcome: 'processed' });
  });
  return fetchVideo(videoId);
}

/** What comes of a source by its hue, where nothing is begun before all of it is here. */
const wanted = new Map<number, Buffer>();

it('gives its place back where ffmpeg fails on what is here, and encodes when all of it is', async () => {
  const { ffmpeg, ffprobe } = await locateTools();
  const failing = join(folder, 'ffmpeg');
  const lines = ['#!/bin/sh', `case "$*" in *subfile,*) exit 1;; esac`, `exec ${ffmpeg.path} "$@"`, ''];
  await writeFile(failing, lines.join('\n'), { mode: 0o755 });
  const handlers = await handlersOver(farUrl(), 'failing', { FFMPEG_PATH: failing, FFPROBE_PATH: ffprobe.path });
  const jobs = new Map<number, { readonly jobId: string; readonly videoId: string }>();
  for (const hue of HUES) {
    const source = { bucket: SOURCES, path: uniquePath('two.mp4') };
    await send(source, hue);
    jobs.set(hue, await client.enqueueVideo({ ownerId: null, source }));
  }
  // Both at a time, with one place to encode.
  await withConsumerOn(address, handlers, async () => {
    for (const { jobId } of jobs.values())
      expect(await client.waitForVideo(jobId)).toMatchObject({ outcome: 'processed' });
  });
  expect(named('encode.early').length).toBeGreaterThan(0);
  expect(named('encode.discarded')).toHaveLength(named('encode.early').length);
  for (const [hue, { videoId }] of jobs) wanted.set(hue, await fetchVideo(videoId));
});

it('encodes what arrives slowly before all of it is there, and publishes the same', async () => {
  const source = { bucket: SOURCES, path: uniquePath('slow.mp4') };
  await send(source, HUES[0]);
  const made = await process(source, await handlersOver(farUrl(), 'far'));
  expect(named('encode.early')).toHaveLength(1);
  expect(named('encode.discarded')).toEqual([]);
  expect(made.equals(wanted.get(HUES[0]) as Buffer)).toBe(true);
});

it('begins anew where the object is replaced while it arrives', async () => {
  const source = { bucket: SOURCES, path: uniquePath('replaced.mp4') };
  await send(source, HUES[0]);
  const isSource = ({ method, path }: SeenRequest) =>
    method === 'GET' && path.endsWith(`/authenticated/${SOURCES}/${source.path}`);
  const proxy = await startFaultProxy(farUrl(), (request) =>
    isSource(request) && request.count === 1 ? { kind: 'cut-answer', afterBytes: 9_000_000 } : { kind: 'pass' },
  );
  try {
    const replaced = expect
      .poll(() => named('encode.early'), { timeout: 20_000 })
      .toHaveLength(1)
      .then(() => send(source, HUES[1]));
    const made = await process(source, await handlersOver(proxy.url, 'replaced'));
    await replaced;
    expect(named('encode.discarded')).toHaveLength(1);
    expect(made.equals(wanted.get(HUES[1]) as Buffer)).toBe(true);
  } finally {
    await proxy.close();
  }
});

it('ends with its run, and leaves nothing', async () => {
  const source = { bucket: SOURCES, path: uniquePath('stopped.mp4') };
  await send(source, HUES[0]);
  await client.enqueueVideo({ ownerId: null, source });
  await withConsumerOn(address, await handlersOver(farUrl(), 'stopped'), async () => {
    await expect.poll(() => named('encode.early'), { timeout: 20_000 }).toHaveLength(1);
  });
  expect(named('encode.discarded')).toHaveLength(1);
  const left = await readdir(join(folder, 'stopped'), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([]);
});
