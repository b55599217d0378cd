/** The queue proves the same on both backends: one job for one video, truthful answers, retries and refusals as classed. */

import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { MediaError } from '@supabase-media/core/errors';
import {
  createQueueDatabase,
  done,
  request,
  type VideoHandlers,
  withConsumerOn,
} from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueueAddress } from '../src/backend.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

it('uses the real Redis where the build says there is one', () => {
  if (process.env.CI) expect(['REDIS_URL', 'redis-server']).toContain(redis.kind);
});

describe.each(queueBackends())('the queue on %s', (kind) => {
  let address: QueueAddress;
  let client: QueueClient;
  beforeAll(async () => {
    address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    client = openQueueClient({ ...address, rows: 'elsewhere' });
  });
  afterAll(() => client.close());

  const withConsumer = (handlers: Partial<VideoHandlers>, use: () => Promise<void>): Promise<void> =>
    withConsumerOn(address, handlers, use);

  it('carries a payload to its handler and the result back', async () => {
    await withConsumer({}, async () => {
      const { videoId, jobId, state } = await client.enqueueVideo(request());
      expect(state).toBe('created');
      expect(await client.waitForVideo(jobId)).toEqual({ videoId, outcome: 'remuxed', outputs: [] });
    });
  });

  it('answers existing for a job that waits and requeued for one that is done', async () => {
    const again = request();
    const recorded: string[] = [];
    const enqueue = () =>
      client.enqueueVideo({ ...again, beforeAdd: async (_payload, jobId) => void recorded.push(jobId) });
    const { jobId, state } = await enqueue();
    expect(state).toBe('created');
    expect((await enqueue()).state).toBe('existing');
    await withConsumer({}, async () => {
      await client.waitForVideo(jobId);
      expect((await enqueue()).state).toBe('requeued');
      await client.waitForVideo(jobId);
    });
    expect(recorded).toHaveLength(2);
  });

  it('hands progress to whoever waits', async () => {
    let waiting: () => void = () => {};
    const isWaiting = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    let seen: () => void = () => {};
    const wasSeen = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const process: VideoHandlers['process'] = async (payload, context) => {
      await isWaiting;
      await context.reportProgress({ step: 'encode', stepNumber: 4, stepCount: 6, percent: 42 });
      await wasSeen;
      return done(payload);
    };
    await withConsumer({ process }, async () => {
      const { jobId } = await client.enqueueVideo(request());
      const percents: number[] = [];
      const result = client.waitForVideo(jobId, {
        onProgress: ({ percent }) => {
          percents.push(percent);
          seen();
        },
      });
      waiting();
      await result;
      expect(percents).toEqual([42]);
    });
  });

  it('fails a permanent error at once, once, with its code', async () => {
    let attempts = 0;
    const failures: MediaError[] = [];
    const handlers: Partial<VideoHandlers> = {
      process: async () => {
        attempts++;
        throw new MediaError({ code: 'object_missing', message: 'There is no such object.' });
      },
      fail: async (_payload, error) => failures.push(error) > 0,
    };
    await withConsumer(handlers, async () => {
      const { jobId } = await client.enqueueVideo(request());
      await expect(client.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    });
    expect(attempts).toBe(1);
    expect(failures.map((error) => error.code)).toEqual(['object_missing']);
  });

  it('keeps a job for another try when the error may pass', async () => {
    const waits: MediaError[] = [];
    let told: () => void = () => {};
    const wasTold = new Promise<void>((resolve) => {
      told = resolve;
    });
    const handlers: Partial<VideoHandlers> = {
      process: async () => {
        throw new MediaError({ code: 'ffmpeg_failed', message: 'ffmpeg ended with 1.' });
      },
      wait: async (_payload, error) => {
        waits.push(error);
        told();
      },
    };
    const source = request();
    await withConsumer(handlers, async () => {
      await client.enqueueVideo(source);
      await wasTold;
    });
    expect(waits.map((error) => error.code)).toEqual(['ffmpeg_failed']);
    expect((await client.enqueueVideo(source)).state).toBe('existing');
  });

  it('gives a running job back without spending an attempt when the worker stops', async () => {
    let started: () => void = () => {};
    const hasStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const attempts: number[] = [];
    const source = request();
    await withConsumer(
      {
        process: async (_payload, { signal, attempt }) => {
          attempts.push(attempt);
          started();
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          throw new Error('unreachable');
        },
      },
      async () => {
        await client.enqueueVideo(source);
        await hasStarted;
      },
    );
    const { jobId, state } = await client.enqueueVideo(source);
    expect(state).toBe('existing');
    const handlers: Partial<VideoHandlers> = {
      process: async (payload, { attempt }) => {
        attempts.push(attempt);
        return done(payload);
      },
    };
    await withConsumer(handlers, async () => {
      await client.waitForVideo(jobId);
    });
    expect(attempts).toEqual([1, 1]);
  });

  it('closes at once, also when a wait has just begun', async () => {
    for (let round = 0; round < 5; round++) {
      const hasty = openQueueClient({ ...address, rows: 'elsewhere' });
      const { jobId } = await hasty.enqueueVideo(request());
      const stop = new AbortController();
      const waiting = hasty.waitForVideo(jobId, { signal: stop.signal });
      stop.abort();
      const closing = hasty.close();
      await expect(waiting).rejects.toBeDefined();
      await closing;
    }
  }, 20_000);

  it('refuses a request that does not fit the contract', async () => {
    const wrong = { ownerId: null, source: { bucket: '', path: 'a.mp4' } };
    await expect(client.enqueueVideo(wrong)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('a queue that is not there', () => {
  it.each([
    ['Redis', { redisUrl: 'redis://127.0.0.1:9' }],
    ['PostgreSQL', { databaseUrl: 'postgres://worker:hidden@127.0.0.1:9/db' }],
  ])('is named within seconds: %s', async (name, address) => {
    const opening = openQueueClient({ ...address, rows: 'elsewhere' }).connect();
    await expect(opening).rejects.toMatchObject({ code: 'queue_unreachable' });
    await expect(opening).rejects.toThrowError(new RegExp(`${name} at 127.0.0.1:9`));
    await expect(opening).rejects.not.toThrowError(/hidden/);
  });
});
