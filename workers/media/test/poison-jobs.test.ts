/** A job that ends its workers is given up, also where each of them begins with an empty disk. */
import type { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MediaError } from '../src/errors.ts';
import { chooseBackend, type QueueAddress } from '../src/queue/backend.ts';
import { openQueueClient } from '../src/queue/client.ts';
import { QUEUE_NAME } from '../src/queue/contract.ts';
import type { JobContext } from '../src/queue/job-runner.ts';
import { JOB_POLICY } from '../src/queue/policy.ts';
import { createGate, request, withConsumerOn } from './support/queue.ts';
import { startRedis, type TestRedis } from './support/redis.ts';

const { maxStartsWithoutProgress } = JOB_POLICY['video.process'];

let redis: TestRedis;
let address: QueueAddress;
beforeAll(async () => {
  redis = await startRedis();
  address = { redisUrl: redis.url };
});
afterAll(() => redis.stop());

it('gives up a job that downloads its source at each start and comes no further', async () => {
  const client = await openQueueClient(address);
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  const { jobId } = await client.enqueueVideo(request());
  const failures: MediaError[] = [];
  const ended = createGate();
  let starts = 0;
  const handlers = {
    process: async (_payload: unknown, { saveCheckpoint }: JobContext) => {
      starts++;
      await saveCheckpoint({ version: 1, source: { size: 1, sha256: 'a'.repeat(64) } });
      throw new MediaError({ code: 'disk_full', message: 'The worker dies here.' });
    },
    fail: async (_payload: unknown, error: MediaError) => {
      failures.push(error);
      ended.open();
    },
  };
  await withConsumerOn(address, handlers, async () => {
    const hurry = setInterval(async () => {
      const job = await queue.getJob(jobId);
      if ((await job?.getState()) === 'delayed') await job?.promote().catch(() => {});
    }, 20);
    try {
      await Promise.race([ended.opened, expect.poll(() => starts, { timeout: 10_000 }).toBe(100)]);
    } finally {
      clearInterval(hurry);
    }
  });
  await Promise.all([queue.close(), client.close()]);
  expect(failures).toMatchObject([{ code: 'job_abandoned' }]);
  // The first download was progress.
  expect(starts).toBe(maxStartsWithoutProgress + 1);
});
