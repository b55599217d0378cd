/** The disk space of a job: what earlier runs left is no reason to wait, and the source is removed as soon as possible. */
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import type { VideoProgress } from '@supabase-media/client/contract';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { createGate, request, withConsumerOn } from '@supabase-media/test-support/queue';
import { hasRedis, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage } from '@supabase-media/test-support/stack';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Checkpoint } from '../src/jobs/video-process/checkpoint.ts';
import type { VideoHandlers } from '../src/jobs/video-process/contract.ts';
import { spaceFor } from '../src/work-disk/admission.ts';
import { measureFolder } from '../src/work-disk/measure-folder.ts';
import { stackConfig } from './support/stack-config.ts';
import { dyingAt, openHandlers, sendNoise } from './support/video-handlers.ts';

const RESERVE = 1_000_000;
const storage = openStackStorage();

let folder: string;
const onRedis = it.skipIf(!hasRedis());

let redis: TestRedis;
let address: QueueAddress;
let client: QueueClient;
let queue: Queue;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-room-'));
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

/**
 * What a worker finds on a disk of `total` bytes, whatever disk it really is on.
 *
 * @param found is told the files that exist whenever a job is admitted.
 */
const limitedDisk = (workDir: string, total: number, found: string[]) => ({
  reserveBytes: RESERVE,
  waitMs: 0,
  readDisk: async () => {
    const entries = await readdir(workDir, { recursive: true, withFileTypes: true });
    found.splice(0, found.length, ...entries.filter((entry) => entry.isFile()).map(({ name }) => name));
    return { free: total - (await measureFolder(workDir)).bytes, total };
  },
});

onRedis('admits a job next to what its killed run left, and removes what no run can use', async () => {
  const { source, size } = await sendNoise(storage, folder);
  const workDir = join(folder, 'work');
  const config = stackConfig({ REDIS_URL: redis.url, WORK_DIR: workDir, MEDIA_OUTPUTS: 'video' });
  const found: string[] = [];
  const disk = limitedDisk(workDir, spaceFor(size) + RESERVE + 500_000, found);
  const handlers = await openHandlers(config, storage, disk);
  const { jobId } = await client.enqueueVideo({ ownerId: null, source });
  const jobDirectory = join(config.worker.jobsDir, jobId);

  // Ends after the download, as a killed worker would: with half an output beside the source.
  const put = createGate();
  const dying = { process: dyingAt(handlers, () => true), wait: async () => put.open() };
  await withConsumerOn(address, dying, () => put.opened);
  const [run] = await readdir(jobDirectory);
  await writeFile(join(jobDirectory, String(run), 'video.mp4.partial'), Buffer.alloc(size));

  const seen: string[] = [];
  const looking: VideoHandlers = {
    ...handlers,
    wait: async (_payload, error) => void seen.push(error.code),
    process: (payload, context) =>
      handlers.process(payload, {
        ...context,
        reportProgress: async (progress) => {
          seen.push((progress as VideoProgress).step);
          return context.reportProgress(progress);
        },
      }),
  };
  await withConsumerOn(address, looking, async () => {
    await (await queue.getJob(jobId))?.promote();
    await client.waitForVideo(jobId, { signal: AbortSignal.timeout(15_000) });
  });
  expect(found).toEqual(['input']);
  expect(seen).not.toContain('disk_waiting');
  // The source that the first run downloaded was of use.
  expect(seen).not.toContain('download');
});

onRedis('keeps the source until the encode is saved', async () => {
  const workDir = join(folder, 'kept');
  const config = stackConfig({ REDIS_URL: redis.url, WORK_DIR: workDir, MEDIA_OUTPUTS: 'video' });
  const handlers = await openHandlers(config, storage);
  const found: string[] = [];
  const process: VideoHandlers['process'] = (payload, context) =>
    handlers.process(payload, {
      ...context,
      saveCheckpoint: async (checkpoint) => {
        const { encoded, published } = checkpoint as Checkpoint;
        const job = join(config.worker.jobsDir, context.jobId);
        const [run] = await readdir(job);
        const isThere = await access(join(job, String(run), 'input')).then(
          () => true,
          () => false,
        );
        if (encoded !== undefined) found.push(`${isThere} ${published === undefined ? 'at the encode' : 'later'}`);
        await context.saveCheckpoint(checkpoint);
      },
    });
  const { source } = await sendNoise(storage, folder);
  await withConsumerOn(address, { ...handlers, process }, async () => {
    await client.waitForVideo((await client.enqueueVideo({ ownerId: null, source })).jobId);
  });
  expect(found).toEqual(['true at the encode', 'false later']);
});

onRedis('starts a job that has waited for disk space for a year', async () => {
  const { jobId } = await client.enqueueVideo(request());
  const started = (365 * 86_400) / 30;
  const job = await queue.getJob(jobId);
  await job?.updateData({ ...job.data, worker: { startsAtProgress: started } });
  const connection = new Redis(redis.url);
  expect(await connection.hset(queue.toKey(jobId), 'ats', started)).toBeLessThanOrEqual(1);
  connection.disconnect();
  await withConsumerOn(address, {}, async () => {
    expect((await client.waitForVideo(jobId)).outcome).toBe('remuxed');
  });
  expect(await queue.getJob(jobId)).toMatchObject({ attemptsStarted: started + 1 });
});
