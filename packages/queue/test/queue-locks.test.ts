/** Claims on jobs: what a worker does when the queue is away, answers nothing, or gives its job to another. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import type { VideoProcessPayload } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import { openTcpFaultProxy, type TcpFaultProxy } from '@supabase-media/local-stack/fault-proxy/tcp-fault-proxy';
import { startCommand } from '@supabase-media/test-support/command';
import {
  createGate,
  createQueueDatabase,
  done,
  raceAbort,
  request,
  withConsumerOn,
} from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import type { Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chooseBackend, type QueueAddress } from '../src/backend.ts';
import { QUEUE_NAME } from '../src/queue-names.ts';

/** The same in all tests: in Redis, workers share when they last looked for stalled jobs. */
const LOCK_MS = 3000;

let redis: TestRedis;
let folder: string;
beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'media-claims-'));
});
afterAll(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(queueBackends())('a claim on %s', (kind) => {
  let direct: QueueAddress;
  let client: QueueClient;
  let queue: Queue;
  beforeAll(async () => {
    direct = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    client = openQueueClient({ ...direct, rows: 'elsewhere' });
    const { classes, connection } = chooseBackend(direct);
    queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  });
  afterAll(() => Promise.all([client?.close(), queue?.close()]));

  /** The way of the worker to the queue, and of nobody else. */
  let faultProxy: TcpFaultProxy;
  let gated: QueueAddress;
  beforeEach(async () => {
    const url = new URL(String(direct.redisUrl ?? direct.databaseUrl));
    faultProxy = await openTcpFaultProxy(Number(url.port));
    url.port = String(faultProxy.port);
    gated = kind === 'redis' ? { redisUrl: url.href } : { databaseUrl: url.href };
  });
  afterEach(() => faultProxy.close());

  const jobOf = async (jobId: string): Promise<Job> => (await queue.getJob(jobId)) as Job;

  it('runs out in the worker, too, when the queue answers nothing any more', async () => {
    const begun = createGate();
    const ended = createGate();
    const reasons: unknown[] = [];
    const process = async (_payload: unknown, { signal }: { signal: AbortSignal }) => {
      begun.open();
      return raceAbort(signal).catch((error: unknown) => {
        reasons.push(error);
        ended.open();
        throw error;
      });
    };
    const use = async () => {
      const { videoId } = await client.enqueueVideo(request());
      await begun.opened;
      const from = performance.now();
      faultProxy.hold();
      await ended.opened;
      // The last renewal may have been some time before.
      expect(performance.now() - from).toBeLessThan(LOCK_MS + 1500);
      await faultProxy.shut();
      await faultProxy.open();
      await client.cancelVideo(videoId);
    };
    await withConsumerOn(gated, { process }, use, { lockMs: LOCK_MS });
    expect(reasons).toMatchObject([{ code: 'lock_lost' }]);
  });

  it('costs no attempt when the job is given back to a queue that is away', async () => {
    const begun = createGate();
    const away = createGate();
    let runs = 0;
    const wanted = { ...request(), videoId: randomUUID() };
    const process = async (payload: VideoProcessPayload) => {
      // What an earlier test left goes by.
      if (payload.videoId !== wanted.videoId || ++runs > 1) return done(payload);
      begun.open();
      await away.opened;
      throw new MediaError({ code: 'storage_unreachable', message: 'Storage is away.' });
    };
    const waiting = createGate();
    const wait = async () => {
      waiting.open();
    };
    const use = async () => {
      const { jobId } = await client.enqueueVideo(wanted);
      await begun.opened;
      await faultProxy.shut();
      away.open();
      await waiting.opened;
      await sleep(300);
      await faultProxy.open();
      await expect.poll(async () => (await jobOf(jobId)).getState(), { timeout: 10_000 }).toBe('delayed');
      const job = await jobOf(jobId);
      expect(job.attemptsMade).toBe(0);
      await job.promote();
      await client.waitForVideo(jobId);
    };
    await withConsumerOn(gated, { process, wait }, use, { lockMs: LOCK_MS });
    expect(runs).toBe(2);
  });

  it('is one in a process: a job that comes back waits until its last run there has ended', async () => {
    let atOnce = 0;
    let most = 0;
    let runs = 0;
    const begun = createGate();
    const wanted = { ...request(), videoId: randomUUID() };
    const process = async (payload: VideoProcessPayload, { signal }: { signal: AbortSignal }) => {
      if (payload.videoId !== wanted.videoId) return done(payload);
      most = Math.max(most, ++atOnce);
      try {
        if (++runs > 1) return done(payload);
        begun.open();
        return await raceAbort(signal).catch(async (error: unknown) => {
          // An ffmpeg that takes its time to end.
          await sleep(2500);
          throw error;
        });
      } finally {
        atOnce--;
      }
    };
    const use = async () => {
      const { jobId } = await client.enqueueVideo(wanted);
      await begun.opened;
      await takeAway(jobId);
      await client.waitForVideo(jobId);
      expect((await jobOf(jobId)).attemptsMade).toBe(1);
    };
    await withConsumerOn(direct, { process }, use, { lockMs: LOCK_MS, concurrency: 2 });
    expect({ runs, most }).toEqual({ runs: 2, most: 1 });
  }, 30_000);

  it('does not keep a worker that is told to stop, while the queue is away', async () => {
    const own = { ...stackEnvironment(), ...addressVariables(gated), WORK_DIR: join(folder, kind) };
    const worker = startCommand(['worker'], own);
    try {
      await worker.sees('worker.ready');
      await faultProxy.shut();
      // It has noticed, and tries to come back.
      await worker.sees('queue.error');
      const from = performance.now();
      worker.kill('SIGTERM');
      expect((await worker.ended).exitCode).toBe(0);
      expect(performance.now() - from).toBeLessThan(10_000);
    } finally {
      worker.kill('SIGKILL');
    }
  });

  it('does not keep a producer that closes, while the queue is away', async () => {
    const own = openQueueClient({ ...gated, rows: 'elsewhere' });
    await own.enqueueVideo(request());
    await faultProxy.shut();
    // Long enough to notice.
    await sleep(300);
    const from = performance.now();
    await own.close();
    expect(performance.now() - from).toBeLessThan(5000);
  });

  /** The queue forgets the claim on a job, as it does when it was away for longer. */
  async function takeAway(jobId: string): Promise<void> {
    if (direct.redisUrl !== undefined) {
      const commands = new Redis(direct.redisUrl);
      await commands.del(`bull:${QUEUE_NAME}:${jobId}:lock`);
      commands.disconnect();
      return;
    }
    const database = new pg.Client(direct.databaseUrl);
    await database.connect();
    try {
      await database.query(TAKE_AWAY, [jobId]);
    } finally {
      await database.end();
    }
  }
});

const addressVariables = ({ redisUrl, databaseUrl }: QueueAddress): Record<string, string> =>
  redisUrl === undefined ? { DATABASE_URL: String(databaseUrl) } : { REDIS_URL: redisUrl };

const TAKE_AWAY = `update bullmq.job set lock_token = 'another', locked_until_ms = 0 where id = $1`;
