/**
 * One owner fills the queue, and the first video of another one comes next all the same: on both backends, with one and
 * with two jobs at a time, whether the producer takes turns from the database or knows only the queue.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { jobIdOf, type VideoProcessPayload } from '@supabase-media/client/contract';
import { openDatabase } from '@supabase-media/database/database';
import { openVideos, type Videos } from '@supabase-media/database/videos';
import { type Stack, startStack } from '@supabase-media/local-stack/stack/start-stack';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { startConsumer } from '@supabase-media/queue/consumer';
import { openJobAdmin } from '@supabase-media/queue/job-admin';
import { FIRST_TURNS, hasTurn, type JobPriority, PRIORITIES } from '@supabase-media/queue/policy';
import { createGate, createQueueDatabase, done, videoType } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const HOG_JOBS = 70;
/** A stack starts within this, in milliseconds, on a busy machine, too. */
const STACK_MS = 180_000;
/** A job that has ended is told to the queue within this, in milliseconds. */
const END_MS = 20_000;

let redis: TestRedis;
let folder: string;
/** Of its own: the turns of one table of videos are those of one queue. */
let stack: Stack;
let database: pg.Client;
let videos: Videos;
beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'fair-queue-'));
  stack = await startStack({ dataFolder: join(folder, 'stack') });
  database = new pg.Client(stack.databaseUrl);
  await database.connect();
  videos = openVideos(openDatabase({ url: stack.url, serviceRoleKey: stack.serviceRoleKey }));
}, STACK_MS);
afterAll(async () => {
  await database?.end();
  await stack?.stop();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A user of the project. */
const createOwner = async (): Promise<string> => {
  const id = randomUUID();
  await database.query(`insert into auth.users (id, email) values ($1, $2)`, [id, `${id}@example.com`]);
  return id;
};

type Producer = 'with the database' | 'with the queue only';

describe.each(queueBackends())('on %s', (backend) => {
  let address: QueueAddress;
  let client: QueueClient;
  let owners: string[];
  beforeEach(async () => {
    address = backend === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    client = openQueueClient({ ...address, rows: 'elsewhere' });
    owners = await Promise.all(Array.from({ length: 4 }, createOwner));
  });
  afterEach(async () => {
    const { rows } = await database.query('delete from public.videos where owner_id = any($1) returning id', [owners]);
    for (const { id } of rows) await client.cancelVideo(String(id));
    await client.close();
    await database.query('delete from auth.users where id = any($1)', [owners]);
  });

  const enqueue = (producer: Producer, ownerId: string | undefined, name: string, priority?: JobPriority) =>
    client.enqueueVideo({
      source: { bucket: 'project-videos', path: `fair/${randomUUID()}/${name}.mp4` },
      ownerId: ownerId ?? null,
      priority,
      beforeAdd: async ({ videoId, project, source }, jobId) =>
        producer === 'with the queue only'
          ? undefined
          : videos.markQueued(
              { id: videoId, ownerId, project, sourceBucket: source.bucket, sourcePath: source.path },
              jobId,
              { band: priority },
            ),
    });

  const identityOf = ({ videoId, ownerId, project, source }: VideoProcessPayload) => ({
    id: videoId,
    ownerId,
    project,
    sourceBucket: source.bucket,
    sourcePath: source.path,
  });

  /** Runs jobs until `count` have ended; each writes its row as a worker does. */
  async function run(options: {
    readonly count: number;
    readonly concurrency: number;
    readonly onStart?: (payload: VideoProcessPayload, starts: number) => Promise<unknown>;
  }): Promise<VideoProcessPayload[]> {
    const started: VideoProcessPayload[] = [];
    const ended = createGate();
    let ends = 0;
    const type = videoType({
      process: async (payload) => {
        const starts = started.push(payload);
        await videos.markProcessing(identityOf(payload), jobIdOf(payload.videoId));
        await options.onStart?.(payload, starts);
        await videos.recordFinalStatus(payload.videoId, { status: 'ready', outcome: 'remuxed' });
        if (++ends === options.count) ended.open();
        return done(payload);
      },
    });
    const takeTurn: typeof type.takeTurn = (payload, { jobId, priority, signal }) =>
      videos.place(identityOf(payload), jobId, { band: priority, signal });
    const consumer = await startConsumer({
      address,
      secret: 'the secret of all workers in tests',
      concurrency: options.concurrency,
      jobTypes: [{ ...type, takeTurn }],
      log: pino({ level: 'silent' }),
    });
    try {
      await ended.opened;
    } finally {
      // The last one still has to be told to the queue.
      await consumer.stop(END_MS);
    }
    return started;
  }

  describe.each<Producer>(['with the database', 'with the queue only'])('from producers %s', (producer) => {
    it.each([1, 2])(
      `starts 1 job of one owner next, behind ${HOG_JOBS} of another, %i at a time`,
      async (concurrency) => {
        const [hog, other] = owners;
        // The owner of many has them waiting before anything runs; the other one comes when some have been started.
        const ahead = 5;
        // With several at a time, the others may be in the middle of taking their next one.
        const runningOrTaken = ahead + concurrency - 1;
        for (let index = 0; index < HOG_JOBS; index++) await enqueue(producer, hog, `hog-${index}`);
        let place = 0;
        const isThere = createGate();
        const started = await run({
          count: HOG_JOBS + 1,
          concurrency,
          onStart: async ({ ownerId }, starts) => {
            if (starts === ahead) {
              await enqueue(producer, other, 'other');
              isThere.open();
            }
            // What runs meanwhile takes as long as a video does.
            if (starts >= ahead) await isThere.opened;
            if (ownerId === other) place = starts;
          },
        });
        process.stdout.write(
          `${backend}, ${producer}, ${concurrency} at a time: ${HOG_JOBS} jobs of one owner, ${runningOrTaken} started or taken; ` +
            `the first of another was start ${place}\n`,
        );
        expect(started).toHaveLength(HOG_JOBS + 1);
        expect(place).toBeGreaterThan(ahead);
        expect(place).toBeLessThanOrEqual(runningOrTaken + 2);
        const names = started.filter(({ ownerId }) => ownerId === hog).map(({ source }) => source.path.split('/')[2]);
        if (producer === 'with the database' && concurrency === 1)
          expect(names).toEqual(Array.from({ length: HOG_JOBS }, (_, index) => `hog-${index}.mp4`));
      },
    );
  });

  it('starts the first job of an owner next when nothing has been started yet', async () => {
    const [hog, other] = owners;
    for (let index = 0; index < 10; index++) await enqueue('with the database', hog, `hog-${index}`);
    await enqueue('with the database', other, 'other');
    const started = await run({ count: 11, concurrency: 1 });
    expect(started.slice(0, 2).map(({ ownerId }) => ownerId)).toEqual([hog, other]);
  });

  it('lets no stream of new jobs overtake a waiting one for ever, also where finished videos are deleted', async () => {
    const [patient, ...busy] = owners;
    for (let index = 0; index < 5; index++) await enqueue('with the database', patient, `patient-${index}`);
    for (const owner of busy) await enqueue('with the database', owner, 'first');
    const last: VideoProcessPayload[] = [];
    const started = await run({
      // The first 8, and one again for each start of another owner up to the 35th.
      count: 38,
      concurrency: 1,
      // Each of the others has a job waiting at any time, and no trace of those before.
      onStart: async (payload, starts) => {
        const before = last.shift();
        if (before !== undefined) await database.query('delete from public.videos where id = $1', [before.videoId]);
        if (payload.ownerId !== patient && starts <= 35) {
          last.push(payload);
          await enqueue('with the database', payload.ownerId, `again-${starts}`);
        }
      },
    });
    const patientStarts = started.flatMap(({ ownerId }, index) => (ownerId === patient ? [index + 1] : []));
    process.stdout.write(
      `${backend}: 5 jobs of one owner beside 3 owners that always have one: starts ${patientStarts}\n`,
    );
    // One of four in each round.
    expect(patientStarts).toHaveLength(5);
    expect(Math.max(...patientStarts)).toBeLessThanOrEqual(5 * 4);
  });

  it('brings no video back that was deleted or canceled while it waited', async () => {
    const [owner] = owners;
    const added = [
      await enqueue('with the database', owner, 'deleted'),
      await enqueue('with the database', owner, 'canceled'),
    ];
    const [deleted, canceled] = added.map(({ videoId }) => videoId) as [string, string];
    await database.query('delete from public.videos where id = $1', [deleted]);
    await videos.cancel(canceled);
    for (const id of [deleted, canceled]) {
      const identity = {
        id,
        ownerId: owner,
        project: 'default',
        sourceBucket: 'project-videos',
        sourcePath: `fair/${id}`,
      };
      expect(await videos.place(identity, jobIdOf(id))).toBeUndefined();
      await client.cancelVideo(id);
    }
    expect(await videos.find(deleted)).toBeUndefined();
    expect((await videos.find(canceled))?.status).toBe('canceled');
  });

  it('gives turns in the band of the priority, and again to a job that an operator repeats', async () => {
    const [owner] = owners;
    for (const band of ['low', 'normal', 'high'] as const) await enqueue('with the database', owner, band, band);
    for (const band of ['low', 'normal', 'high'] as const) {
      const name = `${band}-later`;
      await enqueue('with the queue only', owner, name, band);
    }
    const started = await run({ count: 6, concurrency: 1 });
    const names = started.map(({ source }) => source.path.split('/')[2]?.replace('.mp4', ''));
    expect(names.map((name) => name?.replace('-later', ''))).toEqual([
      'high',
      'high',
      'normal',
      'normal',
      'low',
      'low',
    ]);
    const admin = await openJobAdmin(address);
    try {
      const payload = started[5] as VideoProcessPayload;
      await admin.retry(jobIdOf(payload.videoId));
      expect((await run({ count: 1, concurrency: 1 })).map(({ videoId }) => videoId)).toEqual([payload.videoId]);
    } finally {
      await admin.close();
    }
  });
});

it('gives the numbers that the queue knows as turns', async () => {
  const owner = await createOwner();
  for (const band of Object.keys(PRIORITIES) as JobPriority[]) {
    await database.query(`delete from public.videos where status in ('queued', 'processing')`);
    const { rows } = await database.query('select public.take_queue_turn($1, $2) as turn', [owner, band]);
    expect(rows).toEqual([{ turn: FIRST_TURNS[band] }]);
    expect(hasTurn(FIRST_TURNS[band])).toBe(true);
  }
  await expect(database.query(`select public.take_queue_turn($1, 'first')`, [owner])).rejects.toThrow(/no band first/);
  await database.query('delete from auth.users where id = $1', [owner]);
});
