/**
 * What goes wrong inside is told to operators: paths, programs, hosts and constraints stand in the log and in the queue,
 * and in nothing that a user of the app sees: not in the row, which is theirs to read, and not in webhooks.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { jobIdOf, VIDEO_PROCESS } from '@supabase-media/client/contract';
import type { VideoRow } from '@supabase-media/database/video-row';
import { locateTools } from '@supabase-media/media/locate-tools';
import { chooseBackend } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { type RunningCommand, startCommand } from '@supabase-media/test-support/command';
import { type FaultProxy, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import {
  openStackStorage,
  openStackVideos,
  stackEnvironment,
  stackValue,
  uniquePath,
} from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const BUCKET = 'project-videos';
/** What Storage answers where its own database refuses. */
const STORAGE_WORDS = 'duplicate key value violates unique constraint "objects_pkey" on db-7.internal:5432';

let folder: string;
let shop: ClipShop;
let receiver: WebhookReceiver;
let proxy: FaultProxy;
let worker: RunningCommand;
let client: QueueClient;
let databaseUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'words-for-users-'));
  receiver = await startReceiver();
  proxy = await startFaultProxy(stackValue('SUPABASE_URL'), ({ path }) =>
    path.includes('storage-refuses')
      ? {
          kind: 'answer',
          status: 400,
          body: JSON.stringify({ statusCode: '409', error: 'Duplicate', message: STORAGE_WORDS }),
        }
      : { kind: 'pass' },
  );
  const tools = await locateTools();
  shop = await openClipShop(tools);
  const failing = join(folder, 'ffmpeg');
  // Whatever writes an MP4 fails, with words about the machine.
  const script = `case "$*" in *.mp4*) echo "Error opening output /opt/libs/x264.so on media-host-3" >&2; exit 1;; esac`;
  await writeFile(failing, `#!/bin/sh\n${script}\nexec ${tools.ffmpeg.path} "$@"\n`, { mode: 0o755 });
  databaseUrl = await createQueueDatabase();
  client = openQueueClient({ databaseUrl, rows: 'elsewhere' });
  worker = startCommand(['worker'], {
    ...stackEnvironment(),
    DATABASE_URL: databaseUrl,
    SUPABASE_URL: proxy.url,
    WORK_DIR: join(folder, 'work-of-the-operator'),
    FFMPEG_PATH: failing,
    WEBHOOK_URLS: receiver.url,
    WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
    MEDIA_OUTPUTS: 'video',
  });
  await worker.sees('Taking jobs');
});
afterAll(async () => {
  worker?.kill('SIGTERM');
  await worker?.ended;
  await client?.close();
  await Promise.all([proxy?.close(), receiver?.close(), shop?.close()]);
  await rm(folder, { recursive: true, force: true });
});

const expectForUsers = (words: string | null | undefined): void => {
  expect(words).toMatch(/^[A-Z].*\.$/);
  expect(words).not.toMatch(/[/\\_]|ffmpeg|x264|constraint|objects_pkey|videos_source_key|Storage|database|host/i);
};

const sendClip = async (name: string): Promise<string> => {
  const path = uniquePath(name);
  const connection = openStackStorage();
  await uploadFile({
    connection,
    policy: { timeoutMs: 60_000, stallMs: 30_000, answerMs: 30_000, directMaxBytes: 100_000_000, maxRetries: 0 },
    resumeStore: openResumeStore(join(folder, 'state')),
    file: await shop.clip('interlaced.mpg'),
    bucket: BUCKET,
    path,
    contentType: 'video/mp4',
  }).finally(() => connection.close());
  return path;
};

/** The row once something has gone wrong, whether it is tried again or not. */
const rowOf = async (videoId: string): Promise<VideoRow> => {
  const videos = openStackVideos();
  await expect.poll(async () => (await videos.find(videoId))?.error_code ?? null, { timeout: 60_000 }).not.toBeNull();
  return (await videos.find(videoId)) as VideoRow;
};

const toldAbout = async (videoId: string) => {
  const find = () =>
    receiver.received.map(({ body }) => JSON.parse(body)).find((event) => event.data.videoId === videoId);
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return find().data as { readonly code: string; readonly reason: string };
};

describe('what users are told', () => {
  it('of a source that is missing', async () => {
    const path = uniquePath('missing.mp4');
    const { videoId } = await client.enqueueVideo({ ownerId: null, source: { bucket: BUCKET, path } });
    const row = await rowOf(videoId);
    expect(row).toMatchObject({ status: 'failed', error_code: 'object_missing' });
    expectForUsers(row.error_message);
    expectForUsers((await toldAbout(videoId)).reason);
    expect(await worker.sees(path)).toContain(path);
  });

  it('of a Storage that answers with the words of its database', async () => {
    const path = uniquePath('storage-refuses.mp4');
    const { jobId, videoId } = await client.enqueueVideo({ ownerId: null, source: { bucket: BUCKET, path } });
    const row = await rowOf(videoId);
    expectForUsers(row.error_message);
    if (row.status === 'failed') {
      expectForUsers((await toldAbout(videoId)).reason);
      await expect(client.waitForVideo(jobId)).rejects.toThrowError(/objects_pkey/);
    }
    await worker.sees('objects_pkey');
  });

  it('of a program that fails', async () => {
    const path = await sendClip('program.mp4');
    const { videoId } = await client.enqueueVideo({ ownerId: null, source: { bucket: BUCKET, path } });
    const row = await rowOf(videoId);
    expect(row.error_code).toMatch(/^ffmpeg_/);
    expectForUsers(row.error_message);
    await worker.sees('media-host-3');
  });

  it('of a path that no object can have, which a producer of its own put into the queue', async () => {
    const { classes, connection } = chooseBackend({ databaseUrl });
    const queue = new classes.Queue(QUEUE_NAME, { connection });
    try {
      for (const path of ['owner/../other.mp4', 'caf\u00e9/x\n.mp4']) {
        const videoId = randomUUID();
        const payload = { version: 1, videoId, project: 'tests', source: { bucket: BUCKET, path } };
        await queue.add(VIDEO_PROCESS, payload, { jobId: jobIdOf(videoId) });
        const row = await rowOf(videoId);
        expect(row).toMatchObject({ status: 'failed', error_code: 'key_refused' });
        expectForUsers(row.error_message);
      }
    } finally {
      await queue.close();
    }
  });

  it('of a table that refuses a row', async () => {
    const source = { bucket: BUCKET, path: uniquePath('twice.mp4') };
    const first = await client.enqueueVideo({ ownerId: null, source, videoId: randomUUID() });
    await rowOf(first.videoId);
    const second = await client.enqueueVideo({ ownerId: null, source, videoId: randomUUID() });
    await expect(client.waitForVideo(second.jobId)).rejects.toThrowError(/videos_source_key/);
    const reasons = receiver.received.map(({ body }) => JSON.parse(body).data.reason);
    for (const reason of reasons) expectForUsers(reason);
  });
});
