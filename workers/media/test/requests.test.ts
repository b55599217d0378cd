/** Rows that wait become jobs, once for each request, and jobs that are lost come back: on both backends. */
import { randomUUID } from 'node:crypto';
import { jobIdOf } from '@supabase-media/client/contract';
import { openDatabase } from '@supabase-media/database/database';
import { openVideoRequests, type VideoRequestsTable } from '@supabase-media/database/video-requests';
import { openVideos } from '@supabase-media/database/videos';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { type Consumer, startConsumer } from '@supabase-media/queue/consumer';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { createGate, createQueueDatabase, done, videoType } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { stackValue, startOwnStack } from '@supabase-media/test-support/stack';
import type { Queue } from 'bullmq';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dispatchRequests, type RequestServices } from '../src/requests/dispatch-requests.ts';

const log = pino({ level: 'silent' });
const { signal } = new AbortController();

let stop: () => Promise<void>;
let database: pg.Client;
let redis: TestRedis;
beforeAll(async () => {
  [stop, redis] = await Promise.all([startOwnStack(), startRedis()]);
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
}, 60_000);
afterAll(async () => {
  await database?.end();
  await redis?.stop();
  await stop?.();
});

describe.each(queueBackends())('on %s', (kind) => {
  let consumer: Consumer;
  let queue: Queue;
  let services: RequestServices & { readonly requests: VideoRequestsTable };
  let gate: ReturnType<typeof createGate>;
  let runs: string[];

  beforeEach(async () => {
    const address: QueueAddress =
      kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    const api = openDatabase({
      url: stackValue('SUPABASE_URL'),
      serviceRoleKey: stackValue('SUPABASE_SERVICE_ROLE_KEY'),
    });
    const videos = openVideos(api);
    gate = createGate();
    runs = [];
    const process = async (payload: Parameters<typeof done>[0]) => {
      runs.push(payload.videoId);
      await gate.opened;
      await videos.recordFinalStatus(payload.videoId, { status: 'ready', outcome: 'remuxed', outputs: [] });
      return done(payload);
    };
    consumer = await startConsumer({
      address,
      secret: 'the secret of all workers in tests',
      concurrency: 4,
      jobTypes: [videoType({ process })],
      log,
    });
    const { classes, connection } = chooseBackend(address);
    queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
    services = { requests: openVideoRequests(api), videos, queue: consumer, log };
  });
  afterEach(async () => {
    gate.open();
    await consumer.stop(5000);
    await queue.close();
    await database.query('delete from videos');
  });

  const insert = async (): Promise<string> => {
    const sql = `insert into videos (source_bucket, source_path) values ('project-videos', $1) returning id`;
    return String((await database.query(sql, [`${randomUUID()}.mp4`])).rows[0].id);
  };
  const statusOf = async (id: string) =>
    (await database.query('select status from videos where id = $1', [id])).rows[0].status;
  const makeDue = () =>
    database.query('update video_requests set due_at = now(), claimed_until = null where due_at is not null');
  const dispatch = (changes: Partial<RequestServices> = {}) => dispatchRequests({ ...services, ...changes }, signal);

  it('adds the job of an inserted row, however often it is looked at, and by several at once', async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, insert));
    const counts = await Promise.all([dispatch(), dispatch(), dispatch()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(60);
    await makeDue();
    await dispatch();
    gate.open();
    await expect.poll(() => statusesOf(ids), { timeout: 30_000 }).toEqual(['ready']);
    expect([...runs].sort()).toEqual([...ids].sort());
    await makeDue();
    expect(await dispatch()).toBe(0);
  });

  const statusesOf = async (ids: readonly string[]) => {
    const { rows } = await database.query('select distinct status from videos where id = any($1)', [ids]);
    return rows.map(({ status }) => status);
  };

  it('adds no second job when the worker dies between the job and the note', async () => {
    const id = await insert();
    gate.open();
    const dying = { ...services.requests, finish: () => Promise.reject(new Error('killed')) };
    await expect(dispatch({ requests: dying })).rejects.toThrow('killed');
    await expect.poll(() => statusOf(id)).toBe('ready');
    expect(runs).toEqual([id]);
    // As if the row had been read before it became ready.
    await consumer.addRequested({
      contract: videoType({}),
      payload: { version: 1, videoId: id, project: 'default', source: { bucket: 'b', path: 'p' } },
      request: (await database.query('select request_id from video_requests where video_id = $1', [id])).rows[0]
        .request_id,
    });
    expect(runs).toEqual([id]);
  });

  it('adds again what the queue has lost', async () => {
    const blockers = await Promise.all(Array.from({ length: 4 }, insert));
    await dispatch();
    await expect.poll(() => runs.length).toBe(4);
    const id = await insert();
    await dispatch();
    await (await queue.getJob(jobIdOf(id)))?.remove();
    await makeDue();
    await dispatch();
    gate.open();
    await expect.poll(() => statusesOf([id, ...blockers]), { timeout: 30_000 }).toEqual(['ready']);
    expect(runs.filter((one) => one === id)).toHaveLength(1);
  });

  it('cancels and runs again by the row alone', async () => {
    await Promise.all(Array.from({ length: 4 }, insert));
    await dispatch();
    await expect.poll(() => runs.length).toBe(4);
    const id = await insert();
    await dispatch();
    await database.query('select cancel_video($1)', [id]);
    await dispatch();
    expect(await queue.getJob(jobIdOf(id))).toBeUndefined();
    await database.query('select retry_video($1)', [id]);
    await dispatch();
    gate.open();
    await expect.poll(() => statusOf(id), { timeout: 30_000 }).toBe('ready');
    // And once more, of a job that is finished and still kept.
    await expect.poll(() => queue.getJobState(jobIdOf(id))).toBe('completed');
    await database.query('select retry_video($1)', [id]);
    await dispatch();
    await expect.poll(() => statusOf(id)).toBe('ready');
    expect(runs.filter((one) => one === id)).toHaveLength(2);
  });

  it('tells the row when no worker could do it', async () => {
    const id = await insert();
    await database.query(`update video_requests set options = '{"outputs": ["film"]}' where video_id = $1`, [id]);
    await dispatch();
    const { rows } = await database.query('select status, error_code from videos where id = $1', [id]);
    expect(rows).toEqual([{ status: 'failed', error_code: 'invalid_argument' }]);
  });
});
