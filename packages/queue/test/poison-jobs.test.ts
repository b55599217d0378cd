/** A job that ends its workers is given up, also where each of them begins with an empty disk. */

import { openQueueClient } from '@supabase-media/client';
import { MediaError } from '@supabase-media/core/errors';
import { createGate, MAX_STARTS, request, withConsumerOn } from '@supabase-media/test-support/queue';
import { hasRedis, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseBackend, type QueueAddress } from '../src/backend.ts';
import type { JobContext } from '../src/job-type.ts';
import { QUEUE_NAME } from '../src/queue-names.ts';

const onRedis = it.skipIf(!hasRedis());

let redis: TestRedis;
let address: QueueAddress;
beforeAll(async () => {
  redis = await startRedis();
  address = { redisUrl: redis.url };
});
afterAll(() => redis.stop());

onRedis('gives up a job that downloads its source at each start and comes no further', async () => {
  const client = openQueueClient({ ...address, rows: 'elsewhere' });
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  const { jobId } = await client.enqueueVideo(request());
  const commands = new Redis(redis.url);
  const failures: MediaError[] = [];
  const ended = createGate();
  let starts = 0;
  const handlers = {
    process: async (_payload: unknown, { saveCheckpoint }: JobContext) => {
      starts++;
      await saveCheckpoint({ version: 1, source: { size: 1, sha256: 'a'.repeat(64) } });
      await loseWorker(jobId);
      throw new MediaError({ code: 'lock_lost', message: 'The worker is dead, and says nothing.' });
    },
    fail: async (_payload: unknown, error: MediaError) => {
      failures.push(error);
      ended.open();
      return true;
    },
  };
  /** What becomes of a job whose worker died, without the wait for its claim to run out. */
  const loseWorker = async (id: string) => {
    const token = await commands.get(`bull:${QUEUE_NAME}:${id}:lock`);
    await (await queue.getJob(id))?.moveToWait(String(token));
  };
  const use = () => Promise.race([ended.opened, expect.poll(() => starts, { timeout: 10_000 }).toBe(100)]);
  await withConsumerOn(address, handlers, use, { concurrency: 1 });
  commands.disconnect();
  await Promise.all([queue.close(), client.close()]);
  expect(failures).toMatchObject([{ code: 'job_abandoned' }]);
  // The first download was progress.
  expect(starts).toBe(MAX_STARTS + 1);
});
