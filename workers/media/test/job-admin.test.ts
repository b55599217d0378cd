/** What an operator sees of the queue and may do to it, on both backends. */
import { hostname } from 'node:os';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { MediaError } from '@supabase-media/core/errors';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { type JobAdmin, openJobAdmin } from '@supabase-media/queue/job-admin';
import { createGate, createQueueDatabase, done, request, withConsumerOn } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeJob } from '../src/cli/jobs.ts';
import type { VideoHandlers } from '../src/jobs/video-process/contract.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe.each(queueBackends())('the jobs on %s', (kind) => {
  let address: QueueAddress;
  let client: QueueClient;
  let admin: JobAdmin;
  beforeAll(async () => {
    address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    client = openQueueClient({ ...address, rows: 'elsewhere' });
    admin = await openJobAdmin(address);
  });
  afterAll(() => Promise.all([client.close(), admin.close()]));

  it('are listed with their worker, shown with their data, and removed only while they wait', async () => {
    const begun = createGate();
    const end = createGate();
    const process: VideoHandlers['process'] = async (payload, context) => {
      await context.reportProgress({ step: 'encode', stepNumber: 4, stepCount: 8, percent: 40 });
      begun.open();
      await end.opened;
      return done(payload);
    };
    const use = async () => {
      const running = await client.enqueueVideo(request());
      await begun.opened;
      const waiting = await client.enqueueVideo(request());
      expect(await admin.count()).toMatchObject({ active: 1, waiting: 1, failed: 0 });
      const jobs = await admin.list(['active', 'waiting'], 10);
      expect(jobs).toMatchObject([
        { jobId: running.jobId, state: 'active', step: 'encode', percent: 40, starts: 1 },
        { jobId: waiting.jobId, state: 'waiting', starts: 0 },
      ]);
      expect(jobs[0]?.worker).toContain(hostname());
      for (const line of jobs.flatMap((job) => describeJob(job, Date.now())))
        expect(line.length).toBeLessThanOrEqual(80);
      await expect(admin.remove(running.jobId)).rejects.toMatchObject({ code: 'invalid_argument' });
      await expect(admin.retry(waiting.jobId)).rejects.toMatchObject({ code: 'invalid_argument' });
      await admin.remove(waiting.jobId);
      await expect(admin.show(waiting.jobId)).rejects.toMatchObject({ code: 'job_missing' });
      end.open();
      await client.waitForVideo(running.jobId);
      expect(await admin.show(running.jobId)).toMatchObject({ state: 'completed', data: { videoId: running.videoId } });
    };
    await withConsumerOn(address, { process }, use, { concurrency: 1 });
  });

  it('are run again by hand after they failed, with all their attempts', async () => {
    const failing = async () => {
      throw new MediaError({ code: 'object_missing', message: 'There is no such object.' });
    };
    const { jobId } = await client.enqueueVideo(request());
    await withConsumerOn(address, { process: failing }, async () => {
      await client.waitForVideo(jobId).catch(() => {});
    });
    expect(await admin.list(['failed'], 10)).toMatchObject([{ jobId, failure: 'There is no such object.' }]);
    await admin.retry(jobId);
    const attempts: number[] = [];
    const process: VideoHandlers['process'] = async (payload, { attempt }) => {
      attempts.push(attempt);
      return done(payload);
    };
    await withConsumerOn(address, { process }, async () => {
      await client.waitForVideo(jobId);
    });
    expect(attempts).toEqual([1]);
  });
});
