/** The migrations on a real PostgreSQL: idempotent, with the promised limits, rows and objects only visible to their owner. */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { openStackVideos, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';

const FOLDER = new URL('../../supabase/migrations/', import.meta.url);

let database: pg.Client;
beforeAll(async () => {
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(() => database.end());

const TABLES = `'videos', 'upload_sessions', 'media_settings', 'removed_media', 'video_requests', 'uploaded_sources'`;

/** What each user may upload directly, in bytes; null: nothing. */
const allowDirectUploads = (bytes: number | null) =>
  database.query('update media_settings set direct_upload_bytes = $1', [bytes]);

/** Everything that the migrations create, as text. */
const describeSchema = async (): Promise<unknown[]> => {
  const queries = [
    `select id, name, public, file_size_limit, allowed_mime_types from storage.buckets order by id`,
    `select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns
      where table_schema = 'public' and table_name in (${TABLES}) order by table_name, ordinal_position`,
    `select schemaname, tablename, policyname, cmd, qual, with_check from pg_policies
      where schemaname in ('public', 'storage') order by policyname`,
    `select indexdef from pg_indexes where schemaname = 'public' and tablename in (${TABLES}) order by indexname`,
    `select conname, pg_get_constraintdef(oid) from pg_constraint
      where conrelid = 'public.videos'::regclass order by conname`,
    `select pg_get_triggerdef(oid) from pg_trigger
      where tgrelid in ('public.videos'::regclass, 'auth.users'::regclass, 'storage.objects'::regclass) and not tgisinternal order by 1`,
    `select pg_get_functiondef(oid), proacl::text from pg_proc where pronamespace = 'public'::regnamespace order by 1`,
    `select * from media_settings`,
    `select count(*) from pg_publication_tables where tablename = 'videos'`,
    `select table_name, grantee, privilege_type from information_schema.role_table_grants
      where table_schema = 'public' and table_name in (${TABLES}) and grantee in ('anon', 'authenticated', 'service_role')
      order by 1, 2, 3`,
  ];
  const answers: unknown[] = [];
  for (const query of queries) answers.push((await database.query(query)).rows);
  return answers;
};

describe('the migrations', () => {
  it('are named as the Supabase CLI names them', async () => {
    const names = await readdir(FOLDER);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(name).toMatch(/^\d{14}_[a-z_]+\.sql$/);
  });

  it('change nothing when they are applied again', async () => {
    const before = await describeSchema();
    for (const name of (await readdir(FOLDER)).sort())
      await database.query(await readFile(new URL(name, FOLDER), 'utf8'));
    expect(await describeSchema()).toEqual(before);
  });

  it('leave direct uploads as they were switched', async () => {
    await database.query('begin');
    try {
      await allowDirectUploads(5000);
      for (const name of (await readdir(FOLDER)).sort())
        await database.query(await readFile(new URL(name, FOLDER), 'utf8'));
      expect((await database.query('select direct_upload_bytes::int from media_settings')).rows).toEqual([
        { direct_upload_bytes: 5000 },
      ]);
    } finally {
      await database.query('rollback');
    }
  });

  it('raise a lower limit and leave other settings alone', async () => {
    await database.query('begin');
    try {
      await database.query(`update storage.buckets set file_size_limit = 524288000, created_at = '2020-01-01'`);
      const names = (await readdir(FOLDER)).sort();
      await database.query(await readFile(new URL(String(names[0]), FOLDER), 'utf8'));
      const { rows } = await database.query(
        `select file_size_limit::text, public, created_at < '2021-01-01' as kept from storage.buckets
          where id in ('project-videos', 'project-processed-videos')`,
      );
      const bucket = { file_size_limit: '2147483648', public: false, kept: true };
      expect(rows).toEqual([bucket, bucket]);
    } finally {
      await database.query('rollback');
    }
  });

  it('give limits that read back through the API as 2 GiB', async () => {
    const client = connect(stackValue('SUPABASE_SERVICE_ROLE_KEY'));
    for (const id of ['project-videos', 'project-processed-videos']) {
      const { data } = await client.storage.getBucket(id);
      expect(data).toMatchObject({ id, public: false, file_size_limit: 2_147_483_648 });
    }
  });
});

const connect = (key: string): SupabaseClient =>
  createClient(stackValue('SUPABASE_URL'), key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });

interface User {
  readonly id: string;
  readonly client: SupabaseClient;
}

const signUp = async (): Promise<User> => {
  const client = connect(stackValue('SUPABASE_ANON_KEY'));
  const email = `${randomUUID()}@example.com`;
  const { data, error } = await client.auth.signUp({ email, password: 'correct-horse-battery' });
  if (error !== null || data.user === null) throw error ?? new Error('no user');
  return { id: data.user.id, client };
};

describe('row-level security', () => {
  let alice: User;
  let bob: User;
  let sourcePath: string;
  const videoId = randomUUID();
  const resultPath = `default/${videoId}/000000000000-p1/video.mp4`;

  beforeAll(async () => {
    [alice, bob] = [await signUp(), await signUp()];
    await allowDirectUploads(1_000_000);
    sourcePath = `${alice.id}/${uniquePath('mine.mp4')}`;
    const sent = await alice.client.storage.from('project-videos').upload(sourcePath, Buffer.from('video'), {
      contentType: 'video/mp4',
    });
    expect(sent.error).toBeNull();
    const service = connect(stackValue('SUPABASE_SERVICE_ROLE_KEY'));
    const stored = await service.storage.from('project-processed-videos').upload(resultPath, Buffer.from('result'), {
      contentType: 'video/mp4',
    });
    expect(stored.error).toBeNull();
    const identity = { id: videoId, project: 'default', sourceBucket: 'project-videos', sourcePath };
    await openStackVideos().markQueued(identity, 'a-job');
  });
  afterAll(() => allowDirectUploads(null));

  it('gives a row without an owner to the user who uploaded its source', async () => {
    expect(await openStackVideos().find(videoId)).toMatchObject({ owner_id: alice.id });
  });

  it('shows rows only to their owner', async () => {
    const seenBy = async ({ client }: { client: SupabaseClient }) =>
      (await client.from('videos').select('id').eq('id', videoId)).data ?? [];
    expect(await seenBy(alice)).toEqual([{ id: videoId }]);
    expect(await seenBy(bob)).toEqual([]);
    expect(await seenBy({ client: connect(stackValue('SUPABASE_ANON_KEY')) })).toEqual([]);
  });

  it('lets only the service write rows', async () => {
    const changed = await alice.client.from('videos').update({ status: 'ready' }).eq('id', videoId).select();
    expect(changed.data ?? []).toEqual([]);
    const row = { source_bucket: 'project-videos', source_path: uniquePath('x.mp4'), owner_id: alice.id };
    expect((await alice.client.from('videos').insert(row)).error).not.toBeNull();
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'queued' });
  });

  it('shows sources and results only to their owner', async () => {
    for (const [bucket, path] of [
      ['project-videos', sourcePath],
      ['project-processed-videos', resultPath],
    ] as const) {
      expect((await alice.client.storage.from(bucket).download(path)).error).toBeNull();
      expect((await bob.client.storage.from(bucket).download(path)).error).not.toBeNull();
      expect((await connect(stackValue('SUPABASE_ANON_KEY')).storage.from(bucket).download(path)).error).not.toBeNull();
    }
  });

  it('keeps users out of the folders of others', async () => {
    const into = (user: User, path: string) =>
      user.client.storage.from('project-videos').upload(path, Buffer.from('x'), { contentType: 'video/mp4' });
    expect((await into(bob, `${alice.id}/stolen.mp4`)).error).not.toBeNull();
    expect((await into(bob, 'nobody/stolen.mp4')).error).not.toBeNull();
    const results = bob.client.storage.from('project-processed-videos');
    const written = await results.upload(`default/${videoId}/x.mp4`, Buffer.from('x'), { contentType: 'video/mp4' });
    expect(written.error).not.toBeNull();
    await bob.client.storage.from('project-videos').remove([sourcePath]);
    expect((await alice.client.storage.from('project-videos').download(sourcePath)).error).toBeNull();
  });
});
