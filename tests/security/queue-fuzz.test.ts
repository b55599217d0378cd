/**
 * A producer with full write access to the queue can make the worker do nothing but process videos or refuse them: seeded
 * payloads, ids, names, options and notes, and jobs whose fields are overwritten behind BullMQ's back.
 */
import { createHash } from 'node:crypto';
import { openQueueClient } from '@supabase-media/client';
import { VIDEO_PROCESS } from '@supabase-media/client/contract';
import { createRandom, SEED } from '@supabase-media/test-support/random';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage } from '@supabase-media/test-support/stack';
import { openWorkshop, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import type { Job, JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueueLab, type QueueLab } from './support/queue-lab.ts';

/** On each backend; 500 on both. */
const CASES = 250;

/** No job may keep a worker's slot for longer, in milliseconds. */
const SLOT_MS = 5000;

/** All of one backend's cases have ended within this, in milliseconds. */
const ALL_MS = 60_000;

let redis: TestRedis;
let shop: UploadWorkshop;
beforeAll(async () => {
  redis = await startRedis();
  shop = await openWorkshop({ seed: 3, size: 100 });
});
afterAll(async () => {
  await shop?.close();
  await redis?.stop();
});

/** Names the video of an event that no worker made. */
const FORGED = 'forged-event';

interface Attack {
  readonly name: string;
  readonly data: unknown;
  readonly options: JobsOptions;
}

describe.each(queueBackends())('on %s', (kind) => {
  let lab: QueueLab;
  beforeAll(async () => {
    lab = await openQueueLab({
      kind,
      redisUrl: redis.url,
      environment: { WORKER_CONCURRENCY: '2' },
    });
  });
  afterAll(() => lab?.close());

  it(`${CASES} attacks touch no file, open no connection and hold no slot (seed ${SEED})`, async () => {
    const random = createRandom(SEED);
    const before = await lab.lookAtHost();
    const attacks = Array.from({ length: CASES }, () => makeAttack(random, lab));
    const ids = (await Promise.all(attacks.map((attack) => send(lab, attack)))).filter((id) => id !== undefined);
    // What BullMQ itself does not take harms nobody; most must have been taken, or this proves nothing.
    expect(ids.length).toBeGreaterThan(CASES * 0.8);

    const left = new Set(ids);
    await expect
      .poll(
        async () => {
          for (const id of left) if (await hasEnded(lab, id)) left.delete(id);
          return [...left].slice(0, 5);
        },
        { timeout: ALL_MS, interval: 250 },
      )
      .toEqual([]);
    for (const id of ids) {
      const { processedOn = 0, finishedOn = 0 } = ((await lab.queue.getJob(id)) ?? {}) as Job;
      expect(finishedOn - processedOn, id).toBeLessThan(SLOT_MS);
    }
    expect(await lab.lookAtHost()).toEqual(before);
    expect(lab.listener.connections()).toBe(0);
    lab.expectOnlyOwnRequests();
    expect(lab.receiver.received.filter((body) => body.includes(FORGED))).toEqual([]);

    // And the worker still works.
    const client = openQueueClient({ ...lab.address, rows: 'elsewhere' });
    const storage = openStackStorage();
    try {
      const { path, bucket } = await shop.upload(storage);
      const { jobId } = await client.enqueueVideo({ ownerId: null, source: { bucket, path } });
      expect((await client.waitForVideo(jobId, { signal: AbortSignal.timeout(20_000) })).outcome).toBe('rejected');
    } finally {
      await Promise.all([client.close(), storage.close()]);
    }
  });
});

/** Fields of a job in Redis as BullMQ 6 names them, and values that it never writes. */
const FIELDS = ['data', 'opts', 'name', 'timestamp', 'delay', 'priority', 'atm', 'ats', 'stc', 'parent', 'parentKey'];
const VALUES = ['', 'not json', '{', 'null', '[]', '-1', '1e999', '"x"', '{"id":"..","queueKey":"bull:x"}'];

// BullMQ cannot open some of them, takes them as jobs of a dead worker and gives them up in time: they hold no slot.
it.skipIf(!queueBackends().includes('redis'))('fields that nobody would write keep no other job waiting', async () => {
  const lab = await openQueueLab({ kind: 'redis', redisUrl: redis.url, environment: { WORKER_CONCURRENCY: '2' } });
  const client = openQueueClient({ ...lab.address, rows: 'elsewhere' });
  try {
    await lab.queue.pause();
    const connection = new Redis(redis.url);
    for (const field of FIELDS)
      for (const value of VALUES) {
        const source = {
          bucket: 'project-videos',
          path: `missing/${field}-${VALUES.indexOf(value)}-${Date.now()}.mp4`,
        };
        const { jobId } = await client.enqueueVideo({ ownerId: null, source });
        await connection.hset(lab.queue.toKey(jobId), field, value);
      }
    const { jobId } = await client.enqueueVideo({
      ownerId: null,
      source: { bucket: 'project-videos', path: `missing/${Date.now()}` },
    });
    await connection.quit();
    await lab.queue.resume();
    await expect(client.waitForVideo(jobId, { signal: AbortSignal.timeout(40_000) })).rejects.toMatchObject({
      code: 'job_failed',
    });
  } finally {
    await client.close();
    await lab.close();
  }
});

/** @returns the job's id; undefined when BullMQ did not take it. */
async function send({ queue }: QueueLab, { name, data, options }: Attack): Promise<string | undefined> {
  try {
    const job = (await queue.add(name, data as object, options)) as Job;
    return String(job.id);
  } catch {
    return undefined;
  }
}

/** Ended, or put off: it holds no slot, and is tried again as the job of any producer. */
async function hasEnded({ queue }: QueueLab, id: string): Promise<boolean> {
  const job = (await queue.getJob(id)) as Job | undefined;
  return job === undefined || /^(completed|failed|delayed|unknown)$/.test(await job.getState());
}

/** One attack: a job that would be honest but for one to four of its parts. */
function makeAttack(random: () => number, lab: QueueLab): Attack {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const nasty = () => pick(nastyValues(lab));
  const nastyText = () => textOf(nasty());
  const videoId = uuidOf(random);
  const payload: Record<string, unknown> = {
    version: 1,
    videoId,
    project: 'fuzz',
    source: { bucket: 'project-videos', path: `missing/${videoId}.mp4` },
  };
  const attack: { name: string; data: unknown; options: Record<string, unknown> } = {
    name: VIDEO_PROCESS,
    data: payload,
    options: { jobId: `video-${videoId}`, attempts: 1 },
  };
  const changes: readonly (() => void)[] = [
    () => {
      attack.options.jobId = pick([
        `../../${pick(['victim-host', 'secrets'])}`,
        '..',
        '.',
        `video-${nastyText()}`,
        'x'.repeat(5000),
      ]);
    },
    () => {
      attack.name = pick(['webhook.deliver', '__proto__', 'constructor', '', 'video.process ', nastyText()]);
    },
    () => {
      payload[pick(['version', 'videoId', 'ownerId', 'project', 'outputs', 'profile', 'source', 'extra'])] = nasty();
    },
    () => {
      payload.source = { bucket: nasty(), path: nasty() };
    },
    () => {
      payload.source = { bucket: pick(['project-videos', '..', 'project-videos/../x']), path: nastyText() };
    },
    () => {
      payload.outputs = [nasty(), pick(['video', 'hls', '../hls'])];
    },
    () => {
      payload.worker = forgedNotes(pick, nasty, lab);
    },
    () => {
      attack.data = pick([nasty(), [payload], null, { __proto__: payload }, JSON.stringify(payload)]);
    },
    () => {
      attack.name = 'webhook.deliver';
      attack.data = forgedWebhook(pick, nasty, lab);
      delete attack.options.jobId;
    },
    () => {
      attack.options.attempts = pick([0, -1, 1e9, 2 ** 40]);
      attack.options.backoff = pick([
        { type: 'nowhere', delay: 1 },
        { type: 'fixed', delay: -5 },
        { type: 'schedule' },
      ]);
    },
    () => {
      attack.options.priority = pick([0, 1, 2_097_152, 2_097_151]);
      attack.options.removeOnFail = pick([true, { count: 5 }, { age: -1 }]);
    },
    () => {
      attack.options.telemetry = { metadata: pick(['{', '{"traceparent":"00-x"}', nastyText()]) };
    },
  ];
  const count = 1 + Math.floor(random() * 4);
  for (let at = 0; at < count; at++) pick(changes)();
  return attack as Attack;
}

/** What has broken out of somewhere before: paths, addresses, options, numbers out of range, and what is no text. */
const nastyValues = ({ secretFile, listener }: QueueLab): readonly unknown[] => [
  '../../victim-host',
  '../../../victim-host/inner/letter.txt',
  '/etc/passwd',
  secretFile,
  `file://${secretFile}`,
  `concat:${secretFile}`,
  listener.url,
  `${listener.url}/x?y=1#z`,
  `@${new URL(listener.url).host}/x`,
  '-i',
  '-filter_complex',
  `0]drawtext=textfile=${secretFile}[x];[0:0`,
  '%2e%2e/%2e%2e/auth/v1/admin/users',
  '../../../auth/v1/admin/users',
  '..\\..\\victim-host',
  'a\0b',
  'a\r\nx-upsert: true',
  '\ud800',
  '\u202e4pm',
  '',
  ' ',
  'x'.repeat(100_000),
  '$(touch /tmp/x)',
  "'; drop table videos; --",
  '{{constructor}}',
  Number.MAX_VALUE,
  -1,
  0.5,
  null,
  true,
  [],
  {},
  { toString: 'x' },
  [[[[[[]]]]]],
];

function forgedNotes(pick: <T>(values: readonly T[]) => T, nasty: () => unknown, { secretFile }: QueueLab): unknown {
  const checkpoint = {
    version: 1,
    settings: nasty(),
    source: { size: 5, sha256: 'a'.repeat(64) },
    encoded: { probe: nasty(), value: nasty(), files: [{ name: nasty(), bytes: 5, sha256: 'a'.repeat(64) }] },
    results: { bucket: nasty(), folder: nasty() },
    published: [{ kind: 'video', bucket: 'project-videos', path: secretFile, contentType: 'x', bytes: 1 }],
  };
  const notes = {
    startsAtProgress: pick([0, -5, 1e300, nasty()]),
    deferrals: pick([0, -5, 1e300, nasty()]),
    checkpoint,
  };
  return pick<unknown>([
    notes,
    { request: nasty(), ...notes },
    { notes: JSON.stringify(notes), mac: nasty() },
    { notes: JSON.stringify(notes), mac: 'A'.repeat(43) },
    { notes: '{'.repeat(10_000), mac: 'A'.repeat(43) },
    { notes: nasty() },
    nasty(),
  ]);
}

/** Whole but for its proof; or to an address of the attacker's. */
const forgedWebhook = (
  pick: <T>(values: readonly T[]) => T,
  nasty: () => unknown,
  { listener, receiver }: QueueLab,
): object => ({
  version: 1,
  id: `msg_${'0'.repeat(32)}`,
  address: pick([nasty(), createHash('sha256').update(receiver.url).digest('hex').slice(0, 16)]),
  origin: listener.url,
  proof: pick([nasty(), 'A'.repeat(43)]),
  event: {
    type: 'video.ready',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: {
      videoId: FORGED,
      ownerId: null,
      project: 'fuzz',
      source: { bucket: 'b', path: 'p' },
      outcome: 'remuxed',
      code: null,
      reason: null,
      outputs: [],
    },
  },
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Made of the seed, so that the same one gives the same attack. */
function uuidOf(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
