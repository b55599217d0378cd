/** A gateway in front of Storage that answers for it, or breaks off, costs a job time and no attempt. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { locateTools } from '@supabase-media/media/locate-tools';
import { chooseBackend } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import {
  type Fault,
  type FaultProxy,
  type SeenRequest,
  startFaultProxy,
} from '@supabase-media/test-support/fault-proxy';
import { hasRedis, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage, openStackVideos, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import type { Queue } from 'bullmq';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../src/worker.ts';
import { stackConfig } from './support/stack-config.ts';

const PASS: Fault = { kind: 'pass' };
const isUpload = ({ method, path }: SeenRequest) => method === 'POST' && /\/object\/project-processed/.test(path);
const isDownload = ({ method, path }: SeenRequest) => method === 'GET' && path.includes('/object/authenticated/');

/** How each request fails during the outage, and what the row says then. */
const OUTAGES: readonly (readonly [string, (request: SeenRequest) => Fault])[] = [
  ['gateway_failed', () => ({ kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' })],
  ['storage_busy', () => ({ kind: 'answer', status: 503, body: 'no server is available' })],
  ['download_failed', (request) => (isDownload(request) ? { kind: 'cut-answer', afterBytes: 1 } : PASS)],
  ['upload_interrupted', (request) => (isUpload(request) ? { kind: 'close-early' } : PASS)],
];

let folder: string;
const onRedis = it.skipIf(!hasRedis());

let redis: TestRedis;
let gateway: FaultProxy;
let worker: Worker;
let client: QueueClient;
let queue: Queue;
let fault: (request: SeenRequest) => Fault = () => PASS;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-outage-'));
  redis = await startRedis();
  gateway = await startFaultProxy(stackValue('SUPABASE_URL'), (request) =>
    request.path.startsWith('/storage/') ? fault(request) : PASS,
  );
  const address = { redisUrl: redis.url };
  const { classes, connection } = chooseBackend(address);
  queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  client = openQueueClient({ ...address, rows: 'elsewhere' });
  worker = await startWorker({
    config: stackConfig({
      SUPABASE_URL: gateway.url,
      REDIS_URL: redis.url,
      WORK_DIR: join(folder, 'work'),
      MEDIA_OUTPUTS: 'video',
      UPLOAD_MAX_RETRIES: '0',
      SHUTDOWN_GRACE_SECONDS: '0',
    }),
    log: pino({ level: 'silent' }),
  });
});
afterAll(async () => {
  await worker?.stop();
  await Promise.all([queue?.close(), client?.close()]);
  await gateway?.close();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function sendClip(): Promise<{ bucket: string; path: string }> {
  const { ffmpeg } = await locateTools();
  const file = join(folder, 'clip.avi');
  const args = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10:duration=1', '-c:v', 'mpeg4', file];
  const made = spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', ...args]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const connection = openStackStorage();
  const source = { bucket: SOURCES, path: uniquePath('clip.avi') };
  const resumeStore = openResumeStore(join(folder, 'state'));
  await uploadFile({ connection, policy: POLICY, resumeStore, file, contentType: 'video/mp4', ...source });
  await connection.close();
  return source;
}

onRedis('defers a job for as long as Storage is unavailable, and spends no attempt', async () => {
  const source = await sendClip();
  fault = OUTAGES[0]?.[1] ?? fault;
  const { videoId, jobId } = await client.enqueueVideo({ ownerId: null, source });
  for (const [index, [code]] of OUTAGES.entries()) {
    const waiting = () => openStackVideos().find(videoId);
    await expect.poll(waiting, { timeout: 20_000 }).toMatchObject({ status: 'queued', error_code: code });
    await expect.poll(() => queue.getJobState(jobId)).toBe('delayed');
    const job = await queue.getJob(jobId);
    expect(job).toMatchObject({ attemptsMade: 0 });
    fault = OUTAGES[index + 1]?.[1] ?? (() => PASS);
    // The wait is 30 s and more: it has begun, and that is enough.
    await job?.promote();
  }
  expect((await client.waitForVideo(jobId)).outcome).toBe('processed');
  expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'ready', error_code: null });
  expect(await queue.getJob(jobId)).toMatchObject({ attemptsMade: 1, attemptsStarted: OUTAGES.length + 1 });
});
