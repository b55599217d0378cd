/** Asking for videos by the database API: nobody has another's source processed, or more than they may. */
import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { videoIdOf } from '@supabase-media/client/contract';
import { stackValue, startOwnStack } from '@supabase-media/test-support/stack';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';

const BUCKET = 'project-videos';

interface User {
  readonly id: string;
  readonly client: SupabaseClient;
}

let stop: () => Promise<void>;
let database: pg.Client;
let service: SupabaseClient;
let alice: User;
let bob: User;

const connect = (key: string): SupabaseClient =>
  createClient(stackValue('SUPABASE_URL'), key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });

async function signUp(): Promise<User> {
  const client = connect(stackValue('SUPABASE_ANON_KEY'));
  const { data, error } = await client.auth.signUp({ email: `${randomUUID()}@example.com`, password: 'correct-horse' });
  if (error !== null || data.user === null) throw error ?? new Error('no user');
  return { id: data.user.id, client };
}

/** An upload that came another way than by the intake. */
async function store(path: string, content = 'video'): Promise<string> {
  const body = Buffer.from(content);
  const { error } = await service.storage.from(BUCKET).upload(path, body, { contentType: 'video/mp4', upsert: true });
  if (error !== null) throw error;
  return path;
}

const ask = (client: SupabaseClient, path: string, options?: unknown, bucket = BUCKET) =>
  client.rpc('request_video', { bucket, path, ...(options === undefined ? {} : { options }) });

const pathOf = (user: User): string => `${user.id}/${randomUUID()}.mp4`;

const requestOf = async (id: string) =>
  (await database.query('select options, due_at <= now() as due from video_requests where video_id = $1', [id]))
    .rows[0];

beforeAll(async () => {
  stop = await startOwnStack();
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
  service = connect(stackValue('SUPABASE_SERVICE_ROLE_KEY'));
  [alice, bob] = [await signUp(), await signUp()];
}, 60_000);
afterAll(async () => {
  await database?.end();
  await stop?.();
});
afterEach(() =>
  database.query(
    `update media_settings set max_queued_per_owner = 20, allow_anonymous_users = false, process_uploads = false,
       user_options = array['fileName'], source_buckets = array['project-videos']`,
  ),
);

describe('request_video', () => {
  it("queues a user's own source, once for each version of it", async () => {
    const path = await store(pathOf(alice), 'one');
    const { data, error } = await ask(alice.client, path, { fileName: 'Holiday.mov' });
    expect(error).toBeNull();
    const id = videoIdOf({ bucket: BUCKET, path });
    expect(data).toMatchObject({
      id,
      owner_id: alice.id,
      status: 'queued',
      file_name: 'Holiday.mov',
      source_path: path,
    });
    expect(data.source_proof).toMatchObject({ size: 3 });
    expect(await requestOf(id)).toMatchObject({ options: {}, due: true });

    await database.query(`update videos set status = 'ready', outcome = 'remuxed' where id = $1`, [id]);
    expect((await ask(alice.client, path)).data).toMatchObject({ id, status: 'ready' });
    await store(path, 'other');
    expect((await ask(alice.client, path)).data).toMatchObject({ id, status: 'queued' });
    await store(path, 'the third');
    expect((await ask(alice.client, path)).error).toMatchObject({ code: 'PT409', message: /^video_busy/ });
  });

  it.each([
    ["another user's source", async () => store(pathOf(bob)), BUCKET],
    ['a source of nobody', async () => store(`shared/${randomUUID()}.mp4`), BUCKET],
    ['what is not there', async () => pathOf(alice), BUCKET],
    ['a folder that begins like theirs', async () => store(`${alice.id}x/${randomUUID()}.mp4`), BUCKET],
    ['the results', async () => pathOf(alice), 'project-processed-videos'],
    ['a pattern', async () => `${alice.id}/%`, BUCKET],
  ])('refuses %s like an object that is not there', async (_, make, bucket) => {
    const path = await make();
    const { error } = await ask(alice.client, path, undefined, bucket);
    expect(error).toMatchObject({ code: 'PT404', message: /^object_missing/ });
    expect((await database.query('select 1 from videos where source_path = $1', [path])).rowCount).toBe(0);
  });

  it('refuses who is not signed in, and anonymous users unless they are allowed', async () => {
    const path = await store(pathOf(alice));
    expect((await ask(connect(stackValue('SUPABASE_ANON_KEY')), path)).error).not.toBeNull();
    const asAnonymous = async () => {
      await database.query('begin');
      try {
        await database.query('set local role authenticated');
        const claims = JSON.stringify({ sub: alice.id, role: 'authenticated', is_anonymous: true });
        await database.query(`select set_config('request.jwt.claims', $1, true)`, [claims]);
        return await database.query('select id from request_video($1, $2)', [BUCKET, path]);
      } finally {
        await database.query('rollback');
      }
    };
    await expect(asAnonymous()).rejects.toThrow(/^anonymous_refused/);
    await database.query('update media_settings set allow_anonymous_users = true');
    expect((await asAnonymous()).rowCount).toBe(1);
  });

  it.each([
    [{ ownerId: '00000000-0000-0000-0000-000000000000' }],
    [{ project: 'other' }],
    [{ priority: 'high' }],
    [{ maxQueued: 1000 }],
    [{ again: true }],
    [{ outputs: ['video'] }],
    [{ fileName: 'a\nb' }],
    [{ fileName: 7 }],
    [{ fileName: 'x'.repeat(256) }],
    [['fileName']],
  ])('refuses of a user the options %j', async (options) => {
    const path = await store(pathOf(alice));
    expect((await ask(alice.client, path, options)).error).toMatchObject({ message: /^invalid_argument/ });
  });

  it('takes more options where the operator allows them, of their form only', async () => {
    await database.query(`update media_settings set user_options = array['fileName', 'outputs', 'profile']`);
    const path = await store(pathOf(alice));
    for (const outputs of [[], ['../x'], 'video', [1], Array.from({ length: 21 }, () => 'video')])
      expect((await ask(alice.client, path, { outputs })).error).toMatchObject({
        message: /^invalid_argument: outputs/,
      });
    const { data } = await ask(alice.client, path, { outputs: ['video', 'poster'], profile: 'quality' });
    expect(await requestOf(data.id)).toMatchObject({ options: { outputs: ['video', 'poster'], profile: 'quality' } });
  });

  it('lets a user have no more waiting than they may, also when all are asked for at once', async () => {
    await database.query('update media_settings set max_queued_per_owner = 3');
    const carol = await signUp();
    const paths = await Promise.all(Array.from({ length: 10 }, () => store(pathOf(carol))));
    const answers = await Promise.all(paths.map((path) => ask(carol.client, path)));
    expect(answers.filter(({ error }) => error === null)).toHaveLength(3);
    for (const { error } of answers)
      if (error !== null) expect(error).toMatchObject({ code: 'PT429', message: /^too_many_queued: 3 of your videos/ });
    // The service is held to no limit but one that it names.
    expect((await ask(service, String(paths[9]), { ownerId: carol.id })).error).toBeNull();
    expect((await ask(service, await store(pathOf(carol)), { ownerId: carol.id, maxQueued: 1 })).error).toMatchObject({
      code: 'PT429',
    });
  });

  it('does not touch what the intake has: its uploads are queued when they are proved', async () => {
    const path = await store(pathOf(alice));
    const session = (state: string) =>
      database.query(
        `insert into upload_sessions (owner_id, file_name, size, content_type, bucket, path, strategy, state, expires_at)
         values ($1, 'a.mp4', 5, 'video/mp4', $2, $3, 'single', $4, now() + interval '1 hour')
         on conflict (bucket, path) do update set state = excluded.state`,
        [alice.id, BUCKET, path, state],
      );
    await session('open');
    expect((await ask(alice.client, path)).error).toMatchObject({ message: /^upload_incomplete/ });
    await session('canceled');
    expect((await ask(alice.client, path)).error).toMatchObject({ message: /^object_missing/ });
  });

  it('keeps users from its tables and from what only workers call', async () => {
    for (const table of ['video_requests', 'uploaded_sources', 'media_settings'])
      expect((await alice.client.from(table).select('*').limit(1)).error).not.toBeNull();
    for (const [name, parameters] of [
      ['claim_video_requests', { claimant: alice.id, batch: 1, lease_seconds: 1 }],
      ['finish_video_requests', { claimant: alice.id, outcomes: [] }],
      ['request_uploaded_sources', { batch: 1 }],
      ['video_id_of', { bucket_name: 'a', object_path: 'b' }],
    ] as const)
      expect((await alice.client.rpc(name, parameters)).error).toMatchObject({ code: '42501' });
  });
});

describe('cancel_video and retry_video', () => {
  it("change a user's own video, and tell of another's what they tell of none", async () => {
    const { data: video } = await ask(alice.client, await store(pathOf(alice)));
    const call = ({ client }: Pick<User, 'client'>, name: string, id = video.id) => client.rpc(name, { id });
    for (const name of ['cancel_video', 'retry_video']) {
      expect((await call(bob, name)).error).toMatchObject({ code: 'PT404', message: /^video_not_found/ });
      expect((await call(bob, name, randomUUID())).error).toMatchObject({ code: 'PT404' });
    }
    expect((await call(alice, 'retry_video')).error).toMatchObject({ code: 'PT409', message: /^video_busy/ });
    expect((await call(alice, 'cancel_video')).data).toMatchObject({ id: video.id, status: 'canceled' });
    expect(await requestOf(video.id)).toMatchObject({ due: true });
    expect((await call(alice, 'retry_video')).data).toMatchObject({ status: 'queued', error_code: null });
    await database.query(`update videos set status = 'rejected' where id = $1`, [video.id]);
    expect((await call(alice, 'retry_video')).error).toMatchObject({ message: /^video_rejected/ });
    expect((await call({ client: service }, 'retry_video')).data).toMatchObject({ status: 'queued' });
  });
});

describe('uploads that are processed by themselves', () => {
  const requestUploaded = () => database.query('select request_uploaded_sources(100)');
  const statusOf = async (path: string) =>
    (await database.query('select status, owner_id from videos where source_path = $1', [path])).rows[0];

  it('are none unless that is switched on', async () => {
    const path = await store(pathOf(alice));
    await requestUploaded();
    expect(await statusOf(path)).toBeUndefined();
  });

  it('belong to whose folder they came into, within their limit, and wait for room', async () => {
    await database.query('update media_settings set process_uploads = true, max_queued_per_owner = 1');
    const dora = await signUp();
    const [first, second] = [await store(pathOf(dora)), await store(pathOf(dora))];
    await requestUploaded();
    expect(await statusOf(first)).toMatchObject({ status: 'queued', owner_id: dora.id });
    expect(await statusOf(second)).toBeUndefined();
    await database.query(`update videos set status = 'ready' where source_path = $1`, [first]);
    await database.query('update uploaded_sources set due_at = now()');
    await requestUploaded();
    expect(await statusOf(second)).toMatchObject({ status: 'queued' });
    expect((await database.query('select 1 from uploaded_sources')).rowCount).toBe(0);
  });

  it('never fail for what is wrong with processing them', async () => {
    await database.query('update media_settings set process_uploads = true');
    await database.query('alter table uploaded_sources rename to away');
    try {
      await store(pathOf(alice));
    } finally {
      await database.query('alter table away rename to uploaded_sources');
    }
  });
});
