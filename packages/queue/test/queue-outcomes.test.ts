/** Cancel, priority, producers at the same time, jobs that are put off or kill their workers: the same on both backends. */
import { randomUUID } from 'node:crypto';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { VIDEO_PROCESS, type VideoProcessPayload } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import {
  createGate,
  createQueueDatabase,
  done,
  MAX_STARTS,
  raceAbort,
  request,
  withConsumerOn,
} from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import type { Job, Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend, type QueueAddress } from '../src/backend.ts';
import type { EndedJob } from '../src/job-type.ts';
import { QUEUE_NAME } from '../src/queue-names.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe.each(queueBackends())('the queue on %s', (kind) => {
  let address: QueueAddress;
  let client: QueueClient;
  let other: QueueClient;
  let queue: Queue;
  beforeAll(async () => {
    address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    [client, other] = await Promise.all([
      openQueueClient({ ...address, rows: 'elsewhere' }),
      openQueueClient({ ...address, rows: 'elsewhere' }),
    ]);
    const { classes, connection } = chooseBackend(address);
    queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  });
  afterAll(() => Promise.all([client?.close(), other?.close(), queue?.close()]));

  const readJob = async (jobId: string): Promise<Job> => (await queue.getJob(jobId)) as Job;

  it('makes one job of two producers at once, and tells each the truth', async () => {
    for (let round = 0; round < 20; round++) {
      const same = request();
      const answers = await Promise.all([client.enqueueVideo(same), other.enqueueVideo(same)]);
      expect(answers.map(({ state }) => state).sort()).toEqual(['created', 'existing']);
      await client.cancelVideo(answers[0].videoId);
    }
  });

  it('keeps no secret of a failure: not as its reason, not in its stack, not for the handlers', async () => {
    const redact = (text: string) => text.replaceAll('hush', '[redacted]');
    const told: string[] = [];
    const handlers = {
      process: () => Promise.reject(new MediaError({ code: 'storage_refused', message: 'It said hush.' })),
      fail: async (_payload: VideoProcessPayload, error: MediaError) => told.push(String(error.stack)) > 0,
    };
    await withConsumerOn(
      address,
      handlers,
      async () => {
        const { jobId } = await client.enqueueVideo(request());
        await expect(client.waitForVideo(jobId)).rejects.toThrowError('It said [redacted].');
        const { failedReason, stacktrace } = await readJob(jobId);
        expect(failedReason).toBe('It said [redacted].');
        expect(JSON.stringify([stacktrace, told])).not.toContain('hush');
        expect(told).toHaveLength(1);
      },
      { redact },
    );
  });

  it('runs a finished job once more for two producers at once', async () => {
    const same = request();
    let runs = 0;
    const process = async (payload: VideoProcessPayload) => {
      runs++;
      return done(payload);
    };
    let jobId = '';
    await withConsumerOn(address, { process }, async () => {
      ({ jobId } = await client.enqueueVideo(same));
      await client.waitForVideo(jobId);
    });
    const answers = await Promise.all([client.enqueueVideo(same), other.enqueueVideo(same)]);
    expect(answers.map(({ state }) => state).sort()).toEqual(['existing', 'requeued']);
    await withConsumerOn(address, { process }, async () => {
      await client.waitForVideo(jobId);
    });
    expect(runs).toBe(2);
  });

  it('refuses a job under an id that is not the one of its payload, and tells nobody of it', async () => {
    const payload = { version: 1, videoId: randomUUID(), project: 'default', source: request().source };
    const seen: unknown[] = [];
    const see = async (value: unknown) => void seen.push(value);
    const handlers = { process: see, fail: async () => Boolean(seen.push('fail')), wait: see };
    const forged = ['../../victim', `video-${randomUUID()}`, 'video-'];
    await Promise.all(forged.map((jobId) => queue.add(VIDEO_PROCESS, payload, { jobId })));
    await withConsumerOn(address, handlers as never, async () => {
      for (const jobId of forged)
        await expect
          .poll(async () => (await readJob(jobId)).failedReason, { timeout: 20_000 })
          .toBe(
            `The job's id is ${JSON.stringify(jobId)}; of its payload it must be "video-${payload.videoId}". ` +
              'Add it again under that id.',
          );
    });
    expect(seen).toEqual([]);
  });

  it('takes jobs of high priority first, and of the same one in their order', async () => {
    const order: string[] = [];
    const names = new Map<string, string>();
    const wanted = [
      ['low', 'low'],
      ['first', 'normal'],
      ['second', undefined],
      ['high', 'high'],
    ] as const;
    let last = '';
    for (const [name, priority] of wanted) {
      const { videoId, jobId } = await client.enqueueVideo({ ...request(), priority });
      names.set(videoId, name);
      if (name === 'low') last = jobId;
    }
    const process = async (payload: VideoProcessPayload) => {
      order.push(names.get(payload.videoId) ?? '');
      return done(payload);
    };
    const wait = async () => {
      await client.waitForVideo(last);
    };
    await withConsumerOn(address, { process }, wait, { concurrency: 1 });
    expect(order).toEqual(['high', 'first', 'second', 'low']);
  });

  it('cancels a job that waits, and does not know one that never was', async () => {
    const { videoId, jobId } = await client.enqueueVideo(request());
    expect(await other.cancelVideo(videoId)).toEqual({ videoId, state: 'canceled' });
    expect((await other.cancelVideo(videoId)).state).toBe('unknown');
    await expect(client.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_missing' });
  });

  it('cancels a running job within 2 s, from another connection, with what it had saved', async () => {
    const begun = createGate();
    const ended: (EndedJob & { code: string })[] = [];
    const process = async (
      _payload: unknown,
      context: { signal: AbortSignal; saveCheckpoint: (c: object) => unknown },
    ) => {
      await context.saveCheckpoint({ done: 'half' });
      begun.open();
      return raceAbort(context.signal);
    };
    const fail = async (_payload: unknown, error: MediaError, job: EndedJob) =>
      ended.push({ ...job, code: error.code }) > 0;
    const same = request();
    await withConsumerOn(address, { process, fail }, async () => {
      const { videoId, jobId } = await client.enqueueVideo(same);
      await begun.opened;
      const asked = performance.now();
      expect((await other.cancelVideo(videoId)).state).toBe('canceling');
      await expect(client.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
      expect(performance.now() - asked).toBeLessThan(2500);
      expect((await other.cancelVideo(videoId)).state).toBe('finished');
    });
    expect(ended).toMatchObject([{ code: 'canceled', checkpoint: { done: 'half' } }]);
    await withConsumerOn(address, {}, async () => {
      const { jobId, state } = await client.enqueueVideo(same);
      expect(state).toBe('requeued');
      await client.waitForVideo(jobId);
    });
  });

  it('lets go of a job that failed only when that is recorded: until then nobody can run it again', async () => {
    const recording = createGate();
    const recorded = createGate();
    let calls = 0;
    const process = async () => {
      throw new MediaError({ code: 'object_missing', message: 'There is no source.' });
    };
    const fail = async () => {
      if (++calls === 1) throw new Error('the database is away');
      recording.open();
      await recorded.opened;
      return true;
    };
    const same = request();
    await withConsumerOn(address, { process, fail }, async () => {
      const { jobId } = await client.enqueueVideo(same);
      await expect.poll(async () => (await readJob(jobId)).getState()).toBe('delayed');
      const defer = await readJob(jobId);
      expect(defer.attemptsMade).toBe(0);
      await defer.promote();
      await recording.opened;
      expect((await client.enqueueVideo(same)).state).toBe('existing');
      recorded.open();
      await expect(client.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    });
    expect(calls).toBe(2);
  });

  it('waits for the end of a canceled job when its video is enqueued again', async () => {
    const begun = createGate();
    let runs = 0;
    const process = async (payload: VideoProcessPayload, { signal }: { signal: AbortSignal }) => {
      begun.open();
      return ++runs === 1 ? raceAbort(signal) : done(payload);
    };
    const same = request();
    await withConsumerOn(address, { process }, async () => {
      const { jobId, videoId } = await client.enqueueVideo(same);
      await begun.opened;
      expect((await client.cancelVideo(videoId)).state).toBe('canceling');
      expect((await client.enqueueVideo(same)).state).toBe('requeued');
      await client.waitForVideo(jobId);
    });
    expect(runs).toBe(2);
  });

  it('stops a job whose row is gone, but none whose row is still to be written', async () => {
    const reasons: unknown[] = [];
    const process = async (_payload: unknown, { signal }: { signal: AbortSignal }) =>
      raceAbort(signal).catch((error: unknown) => {
        reasons.push(error);
        throw error;
      });
    let looks = 0;
    let own = '';
    const findStatuses = async (ids: readonly string[]) => {
      // Rows of jobs that other tests canceled are looked at, too.
      if (!ids.includes(own)) return new Map();
      looks++;
      // It is not there at first; then it is; then it is taken away.
      return new Map(looks === 2 ? ids.map((id) => [id, 'processing']) : []);
    };
    const use = async () => {
      const { jobId, videoId } = await client.enqueueVideo(request());
      own = videoId;
      await expect(client.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    };
    await withConsumerOn(address, { process }, use, { findStatuses });
    expect(reasons).toMatchObject([{ code: 'canceled' }]);
    expect(looks).toBe(3);
  });

  it('stops a job whose video is canceled in its row', async () => {
    const process = async (_payload: unknown, { signal }: { signal: AbortSignal }) => raceAbort(signal);
    const codes: string[] = [];
    const fail = async (_payload: unknown, { code }: MediaError) => codes.push(code) > 0;
    const use = async () => {
      const { jobId } = await client.enqueueVideo(request());
      await expect(client.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    };
    const findStatuses = async (ids: readonly string[]) => new Map(ids.map((id) => [id, 'canceled']));
    await withConsumerOn(address, { process, fail }, use, { findStatuses });
    expect(codes).toEqual(['canceled']);
  });

  it('hands what one run saved to the next, and counts only starts without progress', async () => {
    const seen: unknown[] = [];
    const same = request();
    for (const name of ['one', 'two']) {
      const begun = createGate();
      const process = async (
        _payload: unknown,
        context: { signal: AbortSignal; checkpoint: unknown; saveCheckpoint: (c: object) => unknown },
      ) => {
        seen.push(context.checkpoint);
        await context.saveCheckpoint({ name });
        begun.open();
        return raceAbort(context.signal);
      };
      await withConsumerOn(address, { process }, async () => {
        await client.enqueueVideo(same);
        await begun.opened;
      });
    }
    const process = async (payload: VideoProcessPayload, context: { checkpoint: unknown; attempt: number }) => {
      seen.push(context.checkpoint, context.attempt);
      return done(payload);
    };
    const { jobId } = await client.enqueueVideo(same);
    await withConsumerOn(address, { process }, async () => {
      await client.waitForVideo(jobId);
    });
    expect(seen).toEqual([undefined, { name: 'one' }, { name: 'two' }, 1]);
  });

  it('puts a job off without spending an attempt when the place is to blame', async () => {
    const waits: string[] = [];
    const told = createGate();
    const process = async () => {
      throw new MediaError({ code: 'disk_waiting', message: 'There is no room.' });
    };
    const wait = async (_payload: unknown, error: MediaError) => {
      waits.push(error.code);
      told.open();
    };
    const same = request();
    await withConsumerOn(address, { process, wait }, async () => {
      await client.enqueueVideo(same);
      await told.opened;
    });
    const { state, videoId } = await client.enqueueVideo(same);
    expect({ state, waits }).toEqual({ state: 'existing', waits: ['disk_waiting'] });
    expect((await client.cancelVideo(videoId)).state).toBe('canceled');
  });

  it('gives up a job that killed its workers again and again, without starting it once more', async () => {
    const failures: MediaError[] = [];
    const given = createGate();
    let isStarted = false;
    const process = async (payload: VideoProcessPayload) => {
      isStarted = true;
      return done(payload);
    };
    const fail = async (_payload: unknown, error: MediaError) => {
      failures.push(error);
      given.open();
      return true;
    };
    await client.enqueueVideo({ ...request(), priority: 'high' });
    const { classes, connection } = chooseBackend(address);
    const dying = new classes.Worker(QUEUE_NAME, null, { connection });
    for (let starts = 0; starts < MAX_STARTS; starts++) {
      const job = (await dying.getNextJob('token')) as Job;
      await job.moveToWait('token');
    }
    await dying.close();
    await withConsumerOn(address, { process, fail }, () => given.opened);
    expect(failures).toMatchObject([{ code: 'job_abandoned' }]);
    expect(isStarted).toBe(false);
  });
});
