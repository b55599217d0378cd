/** Workers that are stopped again and again, and videos that are canceled from another process: real processes, both backends. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { cancelVideo } from '@supabase-media/client/cancel-video';
import { locateTools } from '@supabase-media/media/locate-tools';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { type RunningCommand, readJson, runCommand, startCommand } from '@supabase-media/test-support/command';
import { listJobDirectories } from '@supabase-media/test-support/job-directories';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import {
  openStackStorage,
  openStackVideos,
  stackEnvironment,
  stackValue,
  uniquePath,
} from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const RESTARTS = 10;
/** From the call to the last process gone, in milliseconds. */
const CANCEL_LIMIT_MS = 2000;

let folder: string;
let clip: string;
let redis: TestRedis;
let database: pg.Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-restarts-'));
  const { ffmpeg } = await locateTools();
  clip = join(folder, 'long.avi');
  // A quarter of a minute of 720p takes seconds to encode, and as long again to derive from.
  const picture = 'testsrc2=size=1280x720:rate=25:duration=15';
  const args = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', picture, '-c:v', 'mpeg4', '-q:v', '8', clip];
  const made = spawnSync(ffmpeg.path, args);
  if (made.status !== 0) throw new Error(String(made.stderr));
  redis = await startRedis();
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function sendClip(): Promise<{ bucket: string; path: string }> {
  const connection = openStackStorage();
  const source = { bucket: SOURCES, path: uniquePath('long.avi') };
  const resumeStore = openResumeStore(join(folder, 'state'));
  try {
    await uploadFile({ connection, policy: POLICY, resumeStore, file: clip, contentType: 'video/mp4', ...source });
  } finally {
    await connection.close();
  }
  return source;
}

/** The command lines of the ffmpeg processes that work below a folder. */
async function findEncoders(workDir: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(workDir) && line.includes('ffmpeg'));
}

const listResults = async (videoId: string): Promise<readonly string[]> => {
  const { rows } = await database.query('select name from storage.objects where name like $1', [`%/${videoId}/%`]);
  return rows.map(({ name }) => String(name));
};

async function readJob(
  address: QueueAddress,
  jobId: string,
): Promise<{ attemptsMade: number; attemptsStarted: number }> {
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection });
  try {
    const { attemptsMade, attemptsStarted } = (await queue.getJob(jobId)) as never;
    return { attemptsMade, attemptsStarted };
  } finally {
    await queue.close();
  }
}

describe.each(queueBackends())('workers on %s', (kind) => {
  let address: QueueAddress;
  let environment: Record<string, string>;
  let workDir: string;
  let queue: QueueClient;
  const running = new Set<RunningCommand>();
  beforeAll(async () => {
    workDir = join(folder, `work-${kind}`);
    const own: Record<string, string> =
      kind === 'redis' ? { REDIS_URL: redis.url } : { DATABASE_URL: await createQueueDatabase() };
    address = { redisUrl: own.REDIS_URL, databaseUrl: own.DATABASE_URL };
    environment = { ...stackEnvironment(), ...own, WORK_DIR: workDir, SHUTDOWN_GRACE_SECONDS: '0' };
    queue = openQueueClient({ ...address, rows: 'elsewhere' });
  });
  afterAll(async () => {
    for (const worker of running) worker.kill('SIGKILL');
    await queue?.close();
  });

  const startWorker = (): RunningCommand => {
    const worker = startCommand(['worker'], environment);
    running.add(worker);
    void worker.ended.then(() => running.delete(worker));
    return worker;
  };
  const stop = async (worker: RunningCommand): Promise<void> => {
    worker.kill('SIGTERM');
    expect((await worker.ended).exitCode).toBe(0);
  };

  it(`complete a job through ${RESTARTS} SIGTERMs in a row without spending an attempt`, async () => {
    const { jobId, videoId } = await queue.enqueueVideo({ ownerId: null, source: await sendClip() });
    for (let round = 1; round <= RESTARTS; round++) {
      const worker = startWorker();
      await worker.sees('Encoding');
      await stop(worker);
      expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'queued' });
      expect(await findEncoders(workDir)).toEqual([]);
    }
    const last = startWorker();
    expect((await queue.waitForVideo(jobId)).outcome).toBe('processed');
    await stop(last);
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'ready', error_code: null });
    // BullMQ counts the attempt that succeeded.
    expect(await readJob(address, jobId)).toEqual({ attemptsMade: 1, attemptsStarted: RESTARTS + 1 });
    const { stderr } = await last.ended;
    expect(stderr).toContain('attempt 1 of');
    // The download was proved by the first of them, and none repeated it.
    expect(stderr).not.toContain('Downloading');
    expect(await listJobDirectories(workDir)).toEqual([]);
  }, 180_000);

  it('stop ffmpeg within 2 s when the video is canceled elsewhere', async () => {
    const worker = startWorker();
    const { jobId, videoId } = await queue.enqueueVideo({ ownerId: null, source: await sendClip() });
    await worker.sees('Encoding');
    await expect.poll(() => findEncoders(workDir)).not.toEqual([]);

    const started = performance.now();
    expect((await cancelVideo({ queue, rows: openStackVideos(), videoId })).state).toBe('canceling');
    await expect.poll(() => findEncoders(workDir), { interval: 20, timeout: 10_000 }).toEqual([]);
    expect(performance.now() - started).toBeLessThan(CANCEL_LIMIT_MS);

    await expect(queue.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    await worker.sees('Canceled');
    await stop(worker);
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'canceled', outputs: [] });
    expect(await listResults(videoId)).toEqual([]);
    expect(await listJobDirectories(workDir)).toEqual([]);
  });

  it('remove what was published already when `media cancel` comes late', async () => {
    const worker = startWorker();
    const { videoId } = await queue.enqueueVideo({ ownerId: null, source: await sendClip() });
    await worker.sees('Step 5/8 done');
    expect(await listResults(videoId)).not.toEqual([]);
    const canceled = readJson(await runCommand(['cancel', videoId, '--json'], environment));
    expect(canceled).toMatchObject({ videoId, state: 'canceling' });
    await worker.sees('Canceled');
    await stop(worker);
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'canceled', outputs: [] });
    expect(await listResults(videoId)).toEqual([]);
    expect(await findEncoders(workDir)).toEqual([]);
  });
});
