/** What earlier runs left on the disk is no reason to keep their own job waiting for room. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MediaError } from '../src/errors.ts';
import { locateTools } from '../src/ffmpeg/locate.ts';
import { createVideoHandlers } from '../src/handlers/video-process.ts';
import { createAdmission, roomFor } from '../src/io/admission.ts';
import { measureFolder } from '../src/io/measure-folder.ts';
import { createSlots } from '../src/io/slots.ts';
import { createMetrics } from '../src/observability/metrics.ts';
import { chooseBackend, type QueueAddress } from '../src/queue/backend.ts';
import { openQueueClient, type QueueClient } from '../src/queue/client.ts';
import { QUEUE_NAME } from '../src/queue/contract.ts';
import type { VideoHandlers } from '../src/queue/job-runner.ts';
import { openResumeStore } from '../src/storage/resume-store.ts';
import { uploadFile } from '../src/storage/uploader.ts';
import { createGate, request, withConsumerOn } from './support/queue.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import { openStackStorage, openStackVideos, stackConfig, uniquePath } from './support/stack.ts';
import { POLICY, SOURCES } from './support/uploads.ts';

const RESERVE = 1_000_000;
const log = pino({ level: 'silent' });
const storage = openStackStorage();

let folder: string;
let redis: TestRedis;
let address: QueueAddress;
let client: QueueClient;
let queue: Queue;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-room-'));
  redis = await startRedis();
  address = { redisUrl: redis.url };
  client = await openQueueClient(address);
  const { classes, connection } = chooseBackend(address);
  queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
});
afterAll(async () => {
  await Promise.all([client?.close(), queue?.close(), storage.close()]);
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A second of noise: some megabytes. @returns its address and its size in bytes. */
async function sendNoise() {
  const { ffmpeg } = await locateTools();
  const file = join(folder, 'noise.avi');
  const picture = 'testsrc2=size=320x240:rate=25:duration=1,noise=alls=100:allf=t';
  const args = ['-f', 'lavfi', '-i', picture, '-c:v', 'mjpeg', '-q:v', '1', file];
  const made = spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', ...args]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const source = { bucket: SOURCES, path: uniquePath('noise.avi') };
  const resumeStore = openResumeStore(join(folder, 'state'));
  const options = { connection: storage, policy: POLICY, resumeStore, file, contentType: 'video/mp4', ...source };
  return { source, size: (await uploadFile(options)).size };
}

/**
 * Handlers that work in a folder of a disk that has `total` bytes, whatever it stands on.
 *
 * @param found is told the files that are there whenever a job is let in.
 */
async function openHandlers(workDir: string, total: number, found: string[]): Promise<VideoHandlers> {
  const config = stackConfig({ REDIS_URL: redis.url, WORK_DIR: workDir, MEDIA_OUTPUTS: 'video' });
  await mkdir(config.worker.jobsDir, { recursive: true });
  const readDisk = async () => {
    const entries = await readdir(config.worker.jobsDir, { recursive: true, withFileTypes: true });
    found.splice(0, found.length, ...entries.filter((entry) => entry.isFile()).map(({ name }) => name));
    return { free: total - (await measureFolder(workDir)).bytes, total };
  };
  return createVideoHandlers({
    config,
    storage,
    log,
    tools: await locateTools(),
    videos: openStackVideos(),
    metrics: createMetrics(),
    admission: createAdmission({ workDir, reserveBytes: RESERVE, log, waitMs: 0, readDisk }),
    slots: { encodes: createSlots(1), transfers: createSlots(1) },
  });
}

it('lets a job in beside what its killed run left, and removes of that what no run can use', async () => {
  const { source, size } = await sendNoise();
  const workDir = join(folder, 'work');
  const found: string[] = [];
  const handlers = await openHandlers(workDir, roomFor(size) + RESERVE + 500_000, found);
  const [jobsFolder] = await readdir(workDir);
  const { jobId } = await client.enqueueVideo({ source });
  const jobDirectory = join(workDir, String(jobsFolder), jobId);

  // Ends after the download, as a killed worker would: with half an output beside the source.
  const put = createGate();
  const dying: Partial<VideoHandlers> = {
    process: (payload, context) =>
      handlers.process(payload, {
        ...context,
        saveCheckpoint: async (checkpoint) => {
          await context.saveCheckpoint(checkpoint);
          throw new MediaError({ code: 'storage_unreachable', message: 'The worker dies here.' });
        },
      }),
    wait: async () => put.open(),
  };
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
          seen.push(progress.step);
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

it('starts a job that has waited for room for a year', async () => {
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
