/** What docs/producers.md tells producers in other languages is true: its payloads, its options, and its SQL as it stands. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { VIDEO_PROCESS, videoIdOf, videoProcessContract } from '@supabase-media/client/contract';
import { startConsumer } from '@supabase-media/queue/consumer';
import { jobOptions, PRIORITIES } from '@supabase-media/queue/policy';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { stackValue } from '@supabase-media/test-support/stack';
import { videoProcessPayload } from '@supabase-media/worker/jobs/video-process/contract';
import { videoProcessType } from '@supabase-media/worker/jobs/video-process/job-type';
import { Ajv2020 } from 'ajv/dist/2020.js';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const text = read('producers.md');
const validate = new Ajv2020({ formats: { uuid: true } }).compile(JSON.parse(read('payload.schema.json')));

/** The code blocks of a language, in order. */
const blocksOf = (language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block]) => String(block));

const [payloadText = '', optionsText = ''] = blocksOf('json');
const [switchSql = '', insertSql = '', installSql = '', enqueueSql = ''] = blocksOf('sql');
const [python = ''] = blocksOf('python');
const payload = videoProcessPayload.parse(JSON.parse(payloadText));
const options = JSON.parse(JSON.stringify(jobOptions(videoProcessContract.policy))) as object;

/** What stands in braces behind a mark, with names put in for Python's variables. */
function readPython(mark: string): unknown {
  const at = python.indexOf(mark) + mark.length;
  const end = python.slice(at).search(/^\s*}$/m);
  const literal = `${python.slice(at, at + end)}}`;
  const known = { video_id: payload.videoId, bucket: payload.source.bucket, path: payload.source.path };
  return JSON.parse(
    literal.replace(/: (video_id|bucket|path)\b/g, (_, name: keyof typeof known) => `: "${known[name]}"`),
  );
}

describe('the examples', () => {
  it.each([
    ['JSON', () => JSON.parse(payloadText)],
    ['Python', () => readPython('payload = ')],
    ['SQL', () => JSON.parse(/enqueue_video\('([^']+)'/.exec(enqueueSql)?.[1] ?? '')],
  ])('%s: its payload fits the schema and is the same video', (_, readPayload) => {
    const example = readPayload();
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
    expect(videoProcessPayload.parse(example)).toEqual(payload);
    expect(payload.videoId).toBe(videoIdOf(payload.source));
  });

  it.each([
    ['JSON', () => JSON.parse(optionsText)],
    ['Python', () => readPython('OPTIONS = ')],
    ['SQL', () => JSON.parse(/options jsonb := '([^']+)'/.exec(installSql)?.[1] ?? '')],
  ])('%s: its options are those of our own client', (_, readOptions) => {
    expect(readOptions()).toEqual(options);
  });

  it('names queue, job and priorities as they are', () => {
    expect(text).toContain(`| queue       | \`${QUEUE_NAME}\``);
    expect(python).toContain(`queue.add("${VIDEO_PROCESS}", payload,`);
    expect(python).toContain(`Queue("${QUEUE_NAME}", {`);
    const { high, normal, low } = PRIORITIES;
    expect(text).toContain(`\`priority\` is ${high} for high, ${normal} for normal, ${low} for low.`);
  });

  it.each([
    [{ ...payload, version: 2 }],
    [{ ...payload, videoId: 'holiday' }],
    [{ ...payload, source: { bucket: 'project-videos' } }],
    [{ ...payload, callback: 'https://example.org' }],
    [{ ...payload, outputs: ['film'] }],
  ])('the schema refuses what the worker refuses: %#', (wrong) => {
    expect(validate(wrong)).toBe(false);
    expect(videoProcessPayload.safeParse(wrong).success).toBe(false);
  });
});

describe('the SQL', () => {
  let database: pg.Client;
  let databaseUrl: string;
  let client: QueueClient;
  beforeAll(async () => {
    const url = new URL(stackValue('DATABASE_URL'));
    const name = `producers_${randomUUID().replaceAll('-', '')}`;
    const admin = new pg.Client(url.href);
    await admin.connect();
    await admin.query(`create database ${name}`);
    await admin.end();
    url.pathname = `/${name}`;
    databaseUrl = url.href;
    client = openQueueClient({ databaseUrl, rows: 'elsewhere' });
    // The first job makes the schema, as a worker's start does.
    await client.enqueueVideo({ source: { bucket: 'project-videos', path: 'ours.mov' }, ownerId: null });
    database = new pg.Client(databaseUrl);
    await database.connect();
    await database.query(installSql);
  });
  afterAll(async () => {
    await database?.end();
    await client?.close();
  });

  const add = async (who: pg.Client, data: object): Promise<string> =>
    (await who.query('select public.enqueue_video($1) as job', [data])).rows[0].job;
  const rowOf = async (id: string) =>
    (await database.query('select * from bullmq.job where queue = $1 and id = $2', [QUEUE_NAME, id])).rows[0];
  const withVideo = (path: string) => {
    const source = { bucket: 'project-videos', path };
    return { ...payload, videoId: videoIdOf(source), source };
  };

  it('makes the same job as our client', async () => {
    const id = await add(database, withVideo('theirs.mov'));
    const theirs = await rowOf(id);
    const ours = await rowOf(`video-${withVideo('ours.mov').videoId}`);
    expect(theirs.data).toEqual(withVideo('theirs.mov'));
    expect({ ...theirs.opts, jobId: '' }).toEqual({ ...ours.opts, jobId: '' });
    for (const column of ['name', 'state', 'priority', 'delay_ms', 'max_attempts', 'dedup_id', 'parent_id'])
      expect([column, theirs[column]]).toEqual([column, ours[column]]);
    expect(Math.abs(Number(theirs.added_at_ms) - Number(ours.added_at_ms))).toBeLessThan(60_000);
  });

  it('makes one job of two producers at once, and of a producer of each kind', async () => {
    const other = new pg.Client(databaseUrl);
    await other.connect();
    try {
      await Promise.all([database.query('begin'), other.query('begin')]);
      const first = await add(database, withVideo('twice.mov'));
      const second = add(other, withVideo('twice.mov'));
      await database.query('commit');
      expect(await second).toBe(first);
      await other.query('commit');
      expect((await client.enqueueVideo({ source: withVideo('twice.mov').source, ownerId: null })).state).toBe(
        'existing',
      );
      const { rows } = await database.query('select count(*)::int as jobs from bullmq.job where id = $1', [first]);
      expect(rows[0].jobs).toBe(1);
    } finally {
      await other.end();
    }
  });

  it('wakes a worker, and runs a finished job again', async () => {
    const starts: string[] = [];
    const consumer = await startConsumer({
      secret: 'secret',
      ...({ lockMs: 30_000 } as object),
      address: { databaseUrl },
      concurrency: 1,
      jobTypes: [
        videoProcessType({
          process: async ({ videoId }) => {
            starts.push(videoId);
            return { videoId, outcome: 'remuxed', outputs: [] };
          },
          fail: async () => true,
          wait: async () => {},
        }),
      ],
      log: pino({ level: 'silent' }),
    });
    try {
      const { videoId } = withVideo('woken.mov');
      for (const round of [1, 2]) {
        await client.waitForVideo(await add(database, withVideo('woken.mov')));
        await expect.poll(() => starts.filter((id) => id === videoId).length).toBe(round);
      }
    } finally {
      await consumer.stop(0);
    }
  });

  it('is part of its transaction, together with the row', async () => {
    const stack = new pg.Client(stackValue('DATABASE_URL'));
    await stack.connect();
    const queue = openQueueClient({ databaseUrl: stackValue('DATABASE_URL') });
    try {
      // Asking for a job makes the schema and leaves nothing for the workers of other tests.
      await expect(queue.waitForVideo('none')).rejects.toMatchObject({ code: 'job_missing' });
      await stack.query('begin');
      await stack.query(installSql);
      await stack.query(enqueueSql.replace(/^(begin|commit);$/gm, ''));
      const look = (where: pg.Client) =>
        where.query(
          'select job.id, status from bullmq.job join public.videos on job_id = job.id where videos.id = $1',
          [payload.videoId],
        );
      expect((await look(stack)).rows).toEqual([{ id: `video-${payload.videoId}`, status: 'queued' }]);
      await stack.query('rollback');
      expect((await look(stack)).rows).toEqual([]);
    } finally {
      await queue.close();
      await stack.end();
    }
  });

  it('needs none of it: a row is a request', async () => {
    const stack = new pg.Client(stackValue('DATABASE_URL'));
    await stack.connect();
    try {
      await stack.query('begin');
      await stack.query(switchSql);
      expect((await stack.query('select process_uploads from media_settings')).rows).toEqual([
        { process_uploads: true },
      ]);
      const owner = String(/, '([0-9a-f-]{36})'/.exec(insertSql)?.[1]);
      await stack.query('insert into auth.users (id, email) values ($1::uuid, $1::text)', [owner]);
      await stack.query(insertSql);
      const asked =
        'select owner_id, due_at <= now() as due from video_requests join videos on id = video_id where owner_id = $1';
      expect((await stack.query(asked, [owner])).rows).toEqual([{ owner_id: owner, due: true }]);
    } finally {
      await stack.query('rollback');
      await stack.end();
    }
  });

  it('stops where the schema is one it does not know', async () => {
    await database.query('begin');
    await database.query('update bullmq.migration set min_client_version = 7');
    await expect(add(database, withVideo('later.mov'))).rejects.toThrowError(/not one of BullMQ 6/);
    await database.query('rollback');
  });
});
