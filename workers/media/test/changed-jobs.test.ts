/** A job whose settings change between two of its runs leaves nothing of the earlier ones in Storage. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { chooseSettings } from '@supabase-media/media/settings';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { createGate, withConsumerOn } from '@supabase-media/test-support/queue';
import { hasRedis, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage, openStackVideos, stackValue } from '@supabase-media/test-support/stack';
import { openWorkshop } from '@supabase-media/test-support/uploads';
import type { Queue } from 'bullmq';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settingsKey } from '../src/jobs/video-process/checkpoint.ts';
import type { VideoProcessPayload } from '../src/jobs/video-process/contract.ts';
import { removeResults } from '../src/jobs/video-process/remove-results.ts';
import { stackConfig } from './support/stack-config.ts';
import { dyingAt, openHandlers, sendNoise } from './support/video-handlers.ts';

const storage = openStackStorage();

let folder: string;
const onRedis = it.skipIf(!hasRedis());

let redis: TestRedis;
let address: QueueAddress;
let client: QueueClient;
let queue: Queue;
let database: pg.Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-changed-'));
  redis = await startRedis();
  address = { redisUrl: redis.url };
  client = openQueueClient({ ...address, rows: 'elsewhere' });
  const { classes, connection } = chooseBackend(address);
  queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(async () => {
  await Promise.all([client?.close(), queue?.close(), storage.close(), database?.end()]);
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

const configOf = (profile: string) =>
  stackConfig({
    REDIS_URL: redis.url,
    WORK_DIR: join(folder, 'work'),
    MEDIA_OUTPUTS: 'video,poster,storyboard',
    MEDIA_PROFILE: profile,
  });

const listResults = async (videoId: string): Promise<readonly string[]> => {
  const { rows } = await database.query('select name from storage.objects where name like $1 order by name', [
    `%/${videoId}/%`,
  ]);
  return rows.map(({ name }) => String(name));
};

onRedis.each(['before', 'after'] as const)(
  'removes what it had published under other settings, %s that was saved',
  async (moment) => {
    const { source } = await sendNoise(storage, folder);
    const { jobId, videoId } = await client.enqueueVideo({ ownerId: null, source });
    const put = createGate();
    const fast = await openHandlers(configOf('fast'), storage);
    const process = dyingAt(fast, ({ published }) => published !== undefined, moment);
    await withConsumerOn(address, { process, wait: async () => put.open() }, () => put.opened);
    expect((await listResults(videoId)).join()).toContain('-fast-');

    await withConsumerOn(address, await openHandlers(configOf('quality'), storage), async () => {
      await (await queue.getJob(jobId))?.promote();
      await client.waitForVideo(jobId);
    });
    const row = await openStackVideos().find(videoId);
    const results = await listResults(videoId);
    expect(results).toEqual(row?.outputs.map(({ path }) => path).sort());
    expect(results.filter((name) => !name.includes('-quality-'))).toEqual([]);
  },
);

onRedis('cancels what an earlier release published under keys of its own', async () => {
  const shop = await openWorkshop({ seed: 3, size: 1000 });
  const config = configOf('fast');
  const videoId = crypto.randomUUID();
  const location = { bucket: config.resultBucket, folder: `default/${videoId}/${'a'.repeat(12)}-p1-fast-abcdef` };
  const path = `${location.folder}/video.mp4`;
  for (const name of ['video.mp4', 'hls/master.m3u8'])
    await shop.upload(storage, { bucket: location.bucket, path: `${location.folder}/${name}` });
  const other = `default/${crypto.randomUUID()}/video.mp4`;
  await shop.upload(storage, { bucket: location.bucket, path: other });

  const payload = {
    version: 1,
    videoId,
    project: 'default',
    source: { bucket: 'b', path: 'p' },
  } as VideoProcessPayload;
  const services = { config, storage, log: pino({ level: 'silent' }) };
  const source = { size: 1, sha256: 'a'.repeat(64) };
  const output = { kind: 'video', bucket: location.bucket, contentType: 'video/mp4', bytes: 1000 };
  const base = { version: 1, settings: 's', source };
  // A checkpoint names no other video's folder; were it to, that would stay.
  await removeResults(services, payload, { ...base, published: [{ ...output, path: other }] });
  expect(await listResults(videoId)).toHaveLength(2);
  await removeResults(services, payload, { ...base, published: [{ ...output, path }] });
  expect(await listResults(videoId)).toEqual([]);
  expect((await database.query('select 1 from storage.objects where name = $1', [other])).rows).toHaveLength(1);
  await shop.close();
});

it('uses no checkpoint of another version of the profiles', () => {
  const settings = chooseSettings(configOf('fast').media);
  expect(settingsKey(settings, 2)).not.toBe(settingsKey(settings, 3));
});
