/** Webhooks of a real consumer to a real receiver, on both backends. */
import { randomBytes } from 'node:crypto';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { ERRORS, MediaError } from '@supabase-media/core/errors';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { chooseBackend } from '@supabase-media/queue/backend';
import { startConsumer } from '@supabase-media/queue/consumer';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { freePort } from '@supabase-media/test-support/ports';
import {
  createGate,
  createQueueDatabase,
  done,
  raceAbort,
  request,
  type VideoHandlers,
  videoType,
} from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import type { Job, Queue } from 'bullmq';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { webhookDeliver } from '../src/jobs/webhook-deliver/job-type.ts';
import type { WorkerServices } from '../src/jobs/worker-job-type.ts';
import { loadConfig } from '../src/load-config.ts';
import { type Received, startReceiver, type WebhookReceiver } from './support/webhook-receiver.ts';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const SECRET = newSecret();

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

interface Body {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Verified by an implementation that is not ours: its signature, and that it is of now. */
const verify = ({ headers, body }: Received, secret = SECRET): Body =>
  new Webhook(secret).verify(body, headers as Record<string, string>) as Body;

describe.each(queueBackends())('webhooks on %s', (kind) => {
  let address: QueueAddress;
  let client: QueueClient;
  let queue: Queue;
  let receiver: WebhookReceiver;
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });

  beforeAll(async () => {
    address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    client = openQueueClient({ ...address, rows: 'elsewhere' });
    const { classes, connection } = chooseBackend(address);
    queue = new classes.Queue(QUEUE_NAME, { connection }) as unknown as Queue;
  });
  afterAll(async () => {
    await Promise.all([client?.close(), queue?.close()]);
  });
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await receiver.close();
    expect(lines.join('')).not.toMatch(/whsec_|hidden-token/);
    lines.length = 0;
  });

  /** Runs a worker of videos and webhooks for as long as `use` takes. */
  async function withWorker(
    handlers: Partial<VideoHandlers>,
    use: () => Promise<void>,
    environment: Record<string, string> = {},
  ): Promise<void> {
    const config = loadConfig({
      environment: {
        WEBHOOK_URLS: receiver.url,
        WEBHOOK_SECRETS: SECRET,
        WEBHOOK_TIMEOUT_SECONDS: '1',
        ...environment,
      },
    });
    const webhooks = await webhookDeliver.open({ config, log } as unknown as WorkerServices);
    const consumer = await startConsumer({
      address,
      secret: 'secret',
      concurrency: 2,
      log,
      jobTypes: [videoType(handlers), webhooks],
    });
    try {
      await use();
    } finally {
      await consumer.stop(0);
    }
  }

  const arrived = (count: number) =>
    expect.poll(() => receiver.received.length, { timeout: 10_000, interval: 20 }).toBe(count);

  const deliveries = async (videoId: string): Promise<Job[]> => {
    const jobs = (await queue.getJobs()) as (Job | undefined)[];
    return jobs.flatMap((job) =>
      job?.name === 'webhook.deliver' && job.data.event.data.videoId === videoId ? [job] : [],
    );
  };
  const settled = async (videoId: string, state: string, failedReason: RegExp | undefined): Promise<Job> => {
    let found: Job | undefined;
    await expect
      .poll(
        async () => {
          [found] = await deliveries(videoId);
          return (await found?.getState()) === state && (failedReason?.test(found?.failedReason ?? '') ?? true);
        },
        { timeout: 10_000, interval: 50 },
      )
      .toBe(true);
    // Read again: what was read before its end knows nothing of it.
    return (await deliveries(videoId))[0] as Job;
  };

  it('tells every address that a video is ready, signed, under one id', async () => {
    const other = await startReceiver();
    const outputs = [{ kind: 'video', bucket: 'b', path: 'v.mp4', contentType: 'video/mp4', bytes: 5, width: 640 }];
    const process: VideoHandlers['process'] = async ({ videoId }) => ({
      videoId,
      outcome: 'processed',
      reason: 'It was encoded.',
      outputs,
    });
    const wanted = request();
    await withWorker(
      { process },
      async () => {
        const { videoId } = await client.enqueueVideo({ ...wanted, project: 'shop' });
        await arrived(1);
        await expect.poll(() => other.received.length).toBe(1);
        const [one, two] = [...receiver.received, ...other.received] as [Received, Received];
        const body = verify(one);
        expect(body).toEqual({
          type: 'video.ready',
          timestamp: expect.any(String),
          data: {
            videoId,
            ownerId: null,
            project: 'shop',
            source: wanted.source,
            outcome: 'processed',
            code: null,
            reason: 'It was encoded.',
            outputs,
          },
        });
        expect(verify(two)).toEqual(body);
        expect(one.headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
        expect(two.headers['webhook-id']).toBe(one.headers['webhook-id']);
        expect(one.headers['content-type']).toBe('application/json');
        await settled(videoId, 'completed', undefined);
        expect(await deliveries(videoId)).toHaveLength(2);
      },
      { WEBHOOK_URLS: `${receiver.url}, ${other.url}` },
    );
    await other.close();
  });

  it('tells that a video was rejected, failed, or canceled while it ran', async () => {
    const begun = createGate();
    const process: VideoHandlers['process'] = async ({ videoId, project }, { signal }) => {
      if (project === 'rejected') return { videoId, outcome: 'rejected', code: 'no_video', reason: 'No.', outputs: [] };
      if (project === 'failed') throw new MediaError({ code: 'object_missing', message: 'There is no source.' });
      begun.open();
      return raceAbort(signal);
    };
    await withWorker({ process }, async () => {
      await client.enqueueVideo({ ...request(), project: 'rejected' });
      await client.enqueueVideo({ ...request(), project: 'failed' });
      await arrived(2);
      const { videoId } = await client.enqueueVideo({ ...request(), project: 'canceled' });
      await begun.opened;
      await client.cancelVideo(videoId);
      await arrived(3);
    });
    const bodies = receiver.received.map((one) => verify(one));
    const told = bodies.map(({ type, data }) => [type, data.project, data.outcome, data.code, data.reason]);
    expect(told.sort()).toMatchObject([
      ['video.canceled', 'canceled', null, 'canceled', expect.any(String)],
      ['video.failed', 'failed', null, 'object_missing', ERRORS.object_missing.user],
      ['video.rejected', 'rejected', 'rejected', 'no_video', 'No.'],
    ]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  });

  it('tells that a video was canceled before any worker ran it, once', async () => {
    const same = request();
    const { videoId } = await client.enqueueVideo(same);
    expect((await client.cancelVideo(videoId)).state).toBe('canceled');
    expect((await client.cancelVideo(videoId)).state).toBe('unknown');
    await withWorker({}, async () => {
      await arrived(1);
      await client.waitForVideo((await client.enqueueVideo(same)).jobId);
      await arrived(2);
    });
    const [canceled, ready] = receiver.received.map((one) => verify(one));
    expect([canceled?.type, ready?.type]).toEqual(['video.canceled', 'video.ready']);
    expect(canceled?.data).toMatchObject({ videoId, source: same.source, code: 'canceled', outcome: null });
    const [first, second] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(first).not.toBe(second);
  });

  it('tells of each run of a video, under ids of their own', async () => {
    const same = request();
    await withWorker({}, async () => {
      for (const count of [1, 2]) {
        await client.waitForVideo((await client.enqueueVideo(same)).jobId);
        await arrived(count);
      }
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('tries again what was answered 500, under the same id, and `media jobs` shows why', async () => {
    receiver.answer(500);
    await withWorker({}, async () => {
      const { videoId } = await client.enqueueVideo(request());
      const waiting = await settled(videoId, 'delayed', /answered 500\.$/);
      expect(waiting.delay).toBeGreaterThanOrEqual(5000);
      expect(waiting.delay).toBeLessThanOrEqual(6250);
      expect(waiting.opts.attempts).toBe(8);
      const environment: Record<string, string> =
        kind === 'redis' ? { REDIS_URL: redis.url } : { DATABASE_URL: String(address.databaseUrl) };
      const jobId = String(waiting.id);
      const { jobs } = readJson(await runCommand(['jobs', '--json'], environment)) as { jobs: readonly object[] };
      const { origin } = new URL(receiver.url);
      const failure = `${origin} answered 500.`;
      const summary = { jobId, type: 'webhook.deliver', state: 'delayed', attemptsMade: 1, failure };
      expect(jobs).toContainEqual(expect.objectContaining(summary));
      const shown = await runCommand(['jobs', 'show', jobId, '--json'], environment);
      expect(readJson(shown)).toMatchObject({ ...summary, data: { origin, event: { data: { videoId } } } });
      expect(shown.stdout).not.toContain('hidden-token');

      await waiting.promote();
      await settled(videoId, 'completed', undefined);
    });
    const [first, second] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(second).toBe(first);
    expect(receiver.received.map((one) => verify(one).type)).toEqual(['video.ready', 'video.ready']);
  });

  it('waits for as long as the receiver asks', async () => {
    receiver.answer((response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    await withWorker({}, async () => {
      const { videoId } = await client.enqueueVideo(request());
      const waiting = await settled(videoId, 'delayed', /answered 429/);
      expect(waiting.delay).toBe(3_600_000);
    });
  });

  it.each([
    ['does not answer in time', () => {}, 'delayed', /did not answer within 1 s/],
    ['redirects', (it) => it.writeHead(302, { location: receiver.url }).end(), 'delayed', /302; redirects are not/],
    ['breaks the connection', (it) => it.destroy(), 'delayed', /was not reached: (UND_ERR_SOCKET|ECONNRESET)/],
    ['is gone', (it) => it.writeHead(410).end(), 'failed', /answered 410/],
    ['sends without end', (it) => void it.writeHead(200).write(Buffer.alloc(1_000_000)), 'completed', /^/],
  ] as [string, Exclude<Parameters<WebhookReceiver['answer']>[0], number>, string, RegExp][])(
    'a receiver that %s',
    async (_, respond, state, reason) => {
      receiver.answer(respond);
      await withWorker({}, async () => {
        const { videoId } = await client.enqueueVideo(request());
        const job = await settled(videoId, state, reason);
        expect(job.attemptsMade).toBe(1);
      });
      expect(receiver.received).toHaveLength(1);
    },
  );

  it('tries again when nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    await withWorker(
      {},
      async () => {
        const { videoId } = await client.enqueueVideo(request());
        await settled(videoId, 'delayed', /was not reached: ECONNREFUSED/);
      },
      { WEBHOOK_URLS: url },
    );
  });

  it('is verified by old and new secret while one is being replaced', async () => {
    const next = newSecret();
    await withWorker(
      {},
      async () => {
        await client.enqueueVideo(request());
        await arrived(1);
      },
      { WEBHOOK_SECRETS: `${SECRET} ${next}` },
    );
    const [one] = receiver.received as [Received];
    expect(verify(one, next)).toEqual(verify(one));
    expect(() => verify(one, newSecret())).toThrowError(/signature/i);
  });

  it('gives up what is for an address that this worker does not have', async () => {
    receiver.answer(500);
    let videoId = '';
    await withWorker({}, async () => {
      ({ videoId } = await client.enqueueVideo(request()));
      await settled(videoId, 'delayed', /answered 500/);
    });
    await withWorker(
      {},
      async () => {
        await (await settled(videoId, 'delayed', undefined)).promote();
        await settled(videoId, 'failed', /not in WEBHOOK_URLS/);
      },
      { WEBHOOK_URLS: 'https://elsewhere.example' },
    );
  });

  it('neither signs nor sends what somebody wrote into a waiting delivery', async () => {
    receiver.answer(500);
    await withWorker({}, async () => {
      const { videoId } = await client.enqueueVideo(request());
      const waiting = await settled(videoId, 'delayed', /answered 500/);
      const asked = receiver.received.length;
      const { event, ...payload } = waiting.data;
      await waiting.updateData({ ...payload, event: { ...event, timestamp: '2001-01-01T00:00:00.000Z' } });
      await waiting.promote();
      await settled(videoId, 'failed', /not made by a worker with our WEBHOOK_SECRETS/);
      expect(receiver.received).toHaveLength(asked);
    });
  });

  it('sends nothing where no address is set', async () => {
    const process: VideoHandlers['process'] = async (payload) => done(payload);
    await withWorker(
      { process },
      async () => {
        const { jobId, videoId } = await client.enqueueVideo(request());
        await client.waitForVideo(jobId);
        expect(await deliveries(videoId)).toEqual([]);
      },
      { WEBHOOK_URLS: '' },
    );
  });
});
