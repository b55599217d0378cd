/** A catalog of several job types: each gets its own jobs, others are refused, and jobs follow from others' ends. */
import { randomUUID } from 'node:crypto';
import { createGate, createQueueDatabase } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import type { Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chooseBackend, type QueueAddress } from '../src/backend.ts';
import { startConsumer } from '../src/consumer.ts';
import { endNotices } from '../src/end-notices.ts';
import type { JobEnd } from '../src/job-end.ts';
import type { JobHandlers, JobType } from '../src/job-type.ts';
import { openQueue } from '../src/open-queue.ts';
import { type JobProducer, openJobProducer } from '../src/producer.ts';
import { CANCEL_QUEUE_NAME, QUEUE_NAME } from '../src/queue-names.ts';

const log = pino({ level: 'silent' });
const LOCK_MS = 2000;

interface Payload {
  readonly id: string;
}

const payload = z.strictObject({ id: z.string().min(1) });
const keep = { age: 3600, count: 100 };

const typeOf = (name: string, handlers: Partial<JobHandlers<Payload, unknown>>): JobType<Payload> => ({
  name,
  payload,
  jobId: ({ id }) => `${name}-${id}`,
  policy: {
    retries: { attempts: 2, backoffMs: 100 },
    maxStartsWithoutProgress: 5,
    keepCompleted: keep,
    keepFailed: keep,
  },
  handlers: { process: async () => null, fail: async () => true, wait: async () => {}, ...handlers },
});

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe.each(queueBackends())('job types on %s', (kind) => {
  let address: QueueAddress;
  let producer: JobProducer;
  let queue: Queue;
  beforeAll(async () => {
    address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    producer = await openJobProducer(address);
    queue = await openQueue(chooseBackend(address), QUEUE_NAME);
  });
  afterAll(() => Promise.all([producer?.close(), queue?.close()]));

  let ends: JobEnd[];
  const told = (jobId: string) => ends.filter((end) => end.jobId === jobId);
  let notes: string[];
  /** Notes the id of every end it is told of, under the end's own id. */
  const noting: JobType<Payload> = {
    ...typeOf('note', { process: async ({ id }) => notes.push(id) }),
    follow: (end) => {
      ends.push(end);
      return end.type === 'note' ? [] : [{ id: `${end.jobId}.${end.request}` }];
    },
  };
  beforeEach(() => {
    ends = [];
    notes = [];
  });

  async function withTypes(jobTypes: readonly JobType[], use: () => Promise<void>): Promise<void> {
    const consumer = await startConsumer({ address, secret: 'secret', concurrency: 2, jobTypes, log, lockMs: LOCK_MS });
    try {
      await use();
    } finally {
      await consumer.stop(0);
    }
  }

  it('gives each job to the handler of its name', async () => {
    const one = typeOf('one', { process: async ({ id }) => `one ${id}` });
    const two = typeOf('two', { process: async ({ id }) => `two ${id}` });
    await withTypes([one, two], async () => {
      const first = await producer.add({ contract: one, payload: { id: 'a' } });
      const second = await producer.add({ contract: two, payload: { id: 'a' } });
      expect(await producer.wait(first.jobId)).toBe('one a');
      expect(await producer.wait(second.jobId)).toBe('two a');
    });
  });

  it('refuses a name that it does not have and a payload that does not fit, at once and clearly', async () => {
    let calls = 0;
    const one = typeOf('one', { process: async () => ++calls, fail: async () => ++calls > 0 });
    await withTypes([one], async () => {
      const unknown = await producer.add({ contract: typeOf('later', {}), payload: { id: randomUUID() } });
      await expect(producer.wait(unknown.jobId)).rejects.toThrowError(/no job type "later", only one;/);
      const wrong = await producer.add({ contract: one, payload: { id: randomUUID(), more: 1 } as Payload });
      await expect(producer.wait(wrong.jobId)).rejects.toThrowError(/payload is not one of ours.*more/s);
      expect((await queue.getJob(wrong.jobId))?.attemptsMade).toBe(1);
    });
    expect(calls).toBe(0);
  });

  it('does not start with two types of one name', async () => {
    const consumer = startConsumer({
      address,
      secret: 'secret',
      concurrency: 1,
      jobTypes: [typeOf('one', {}), typeOf('one', {})],
      log,
    });
    await expect(consumer).rejects.toThrowError(/same name/);
  });

  it('adds what follows from an end before the job is let go', async () => {
    const one = typeOf('one', { process: async () => ({ of: 1 }) });
    await withTypes([one, noting], async () => {
      const { jobId } = await producer.add({ contract: one, payload: { id: randomUUID() } });
      expect(await producer.wait(jobId)).toEqual({ of: 1 });
      expect(told(jobId)).toMatchObject([{ type: 'one', outcome: 'completed', result: { of: 1 } }]);
      await expect.poll(() => notes).toEqual([`${jobId}.${told(jobId)[0]?.request}`]);
    });
  });

  it('lets nothing follow from a failure that its handler says is none', async () => {
    const process = async () => {
      throw new Error('no');
    };
    const real = typeOf('one', { process });
    const none = typeOf('two', { process, fail: async () => false });
    await withTypes([real, none, noting], async () => {
      const [one, two] = await Promise.all([
        producer.add({ contract: real, payload: { id: randomUUID() } }),
        producer.add({ contract: none, payload: { id: randomUUID() } }),
      ]);
      await Promise.all([one, two].map(({ jobId }) => producer.wait(jobId).catch(() => {})));
      expect(told(one.jobId)).toMatchObject([{ outcome: 'failed', error: { message: 'no' } }]);
      expect(told(two.jobId)).toEqual([]);
    });
  });

  it('adds it once when a worker dies between the end and the queue', async () => {
    let runs = 0;
    const one = typeOf('one', {
      process: async ({ id }) => {
        // The queue forgets the lock: it takes no result from this run, and starts another one.
        if (++runs === 1) await takeLock(`one-${id}`);
        return null;
      },
    });
    await withTypes([one, noting], async () => {
      const { jobId } = await producer.add({ contract: one, payload: { id: randomUUID() } });
      await producer.wait(jobId);
      expect(runs).toBe(2);
      expect(told(jobId)).toHaveLength(2);
      expect(new Set(told(jobId).map(({ request }) => request)).size).toBe(1);
      await expect.poll(() => notes).toHaveLength(1);
    });
  }, 30_000);

  it('names a request of a producer in another language at its first start, and another one when it is run again', async () => {
    const one = typeOf('one', {});
    const id = randomUUID();
    await withTypes([one, noting], async () => {
      await queue.add('one', { id }, { jobId: `one-${id}` });
      await producer.wait(`one-${id}`);
      const job = (await queue.getJob(`one-${id}`)) as Job;
      await job.updateData({ id });
      await job.retry('completed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      await expect.poll(() => notes).toHaveLength(2);
    });
    expect(new Set(notes).size).toBe(2);
  });

  describe('a job that is canceled before it starts', () => {
    it('ends for who follows, when a worker is there', async () => {
      const one = typeOf('one', {});
      const { jobId } = await producer.add({ contract: one, payload: { id: 'gone' } });
      expect(await producer.cancel(jobId)).toBe('canceled');
      await withTypes([one, noting], () => expect.poll(() => notes, { timeout: 10_000 }).toHaveLength(1));
      expect(told(jobId)).toMatchObject([{ type: 'one', outcome: 'canceled', payload: { id: 'gone' } }]);
    });

    it('does not while it is still there: its producer died before it removed it', async () => {
      const side = await openQueue(chooseBackend(address), CANCEL_QUEUE_NAME);
      const held = createGate();
      const one = typeOf('one', { process: () => held.opened });
      const { jobId } = await producer.add({ contract: one, payload: { id: 'kept' } });
      const { timestamp } = (await queue.getJob(jobId)) as Job;
      const notices = endNotices(side);
      const left = { type: 'one', jobId, request: 'r', payload: { id: 'kept' } };
      await notices.leave({ ...left, addedAt: timestamp });
      // Of an earlier job of the same id, which is gone.
      await notices.leave({ ...left, request: 'earlier', addedAt: timestamp - 1000 });
      await withTypes([one, noting], async () => {
        await expect.poll(() => told(jobId), { timeout: 10_000 }).toMatchObject([{ request: 'earlier' }]);
        expect((await notices.list()).map(({ notice }) => notice?.request)).toEqual(['r']);
        held.open();
        await producer.wait(jobId);
      });
      await side.close();
    });
  });

  async function takeLock(jobId: string): Promise<void> {
    if (address.redisUrl !== undefined) {
      const commands = new Redis(address.redisUrl);
      await commands.del(`bull:${QUEUE_NAME}:${jobId}:lock`);
      commands.disconnect();
      return;
    }
    const database = new pg.Client(address.databaseUrl);
    await database.connect();
    await database.query(`update bullmq.job set lock_token = 'another', locked_until_ms = 0 where id = $1`, [jobId]);
    await database.end();
  }
});
