/**
 * What users can do to the database and the source bucket with nothing but their sign-in: no function of ours that is
 * not theirs, no object past the intake unless the operator allows it, and then only up to a quota.
 */
import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { stackValue } from '@supabase-media/test-support/stack';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';

const SOURCES = 'project-videos';

let database: pg.Client;
beforeAll(async () => {
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(async () => {
  await allow(null);
  await database.end();
});

const allow = (bytes: number | null) => database.query('update media_settings set direct_upload_bytes = $1', [bytes]);

const connect = (key: string): SupabaseClient =>
  createClient(stackValue('SUPABASE_URL'), key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });

async function signUp(): Promise<{ id: string; client: SupabaseClient }> {
  const client = connect(stackValue('SUPABASE_ANON_KEY'));
  const email = `${randomUUID()}@example.com`;
  const { data, error } = await client.auth.signUp({ email, password: randomUUID() });
  if (error !== null || data.user === null) throw error ?? new Error('no user');
  return { id: data.user.id, client };
}

const upload = async (client: SupabaseClient, path: string, bytes: number, upsert = false) => {
  const options = { contentType: 'video/mp4', upsert };
  const { error } = await client.storage.from(SOURCES).upload(path, Buffer.alloc(bytes, 7), options);
  return error === null ? 'stored' : 'refused';
};

describe('a signed-in user', () => {
  it('cannot write to the source bucket past the intake', async () => {
    const { id, client } = await signUp();
    expect(await upload(client, `${id}/a.mp4`, 1000)).toBe('refused');
    const own = client.storage.from(SOURCES);
    expect((await own.createSignedUploadUrl(`${id}/b.mp4`)).error).not.toBeNull();
    // Nor replace, move or copy what the intake put there.
    await connect(stackValue('SUPABASE_SERVICE_ROLE_KEY')).storage.from(SOURCES).upload(`${id}/c.mp4`, 'source', {
      contentType: 'video/mp4',
    });
    expect(await upload(client, `${id}/c.mp4`, 1000, true)).toBe('refused');
    expect((await own.move(`${id}/c.mp4`, `${id}/d.mp4`)).error).not.toBeNull();
    expect((await own.copy(`${id}/c.mp4`, `${id}/d.mp4`)).error).not.toBeNull();
    expect(await (await own.download(`${id}/c.mp4`)).data?.text()).toBe('source');
  });

  it('can upload what the intake signed for them', async () => {
    const { id, client } = await signUp();
    const service = connect(stackValue('SUPABASE_SERVICE_ROLE_KEY')).storage.from(SOURCES);
    const { data } = await service.createSignedUploadUrl(`${id}/a.mp4`, { upsert: true });
    const own = client.storage.from(SOURCES);
    const sent = await own.uploadToSignedUrl(`${id}/a.mp4`, String(data?.token), Buffer.alloc(1000), {
      contentType: 'video/mp4',
    });
    expect(sent.error).toBeNull();
    expect((await own.download(`${id}/a.mp4`)).data?.size).toBe(1000);
  });

  it('has a quota where direct uploads are switched on, and no folder but their own', async () => {
    await allow(10_000);
    const [alice, bob] = [await signUp(), await signUp()];
    expect(await upload(alice.client, `${alice.id}/a.mp4`, 6000)).toBe('stored');
    expect(await upload(alice.client, `${alice.id}/deep/er/b.mp4`, 3000)).toBe('stored');
    expect(await upload(alice.client, `${alice.id}/c.mp4`, 2000)).toBe('refused');
    // What is replaced does not count beside what replaces it.
    expect(await upload(alice.client, `${alice.id}/a.mp4`, 7000, true)).toBe('stored');
    expect(await upload(alice.client, `${alice.id}/a.mp4`, 7001, true)).toBe('refused');
    expect(await upload(bob.client, `${bob.id}/a.mp4`, 10_000)).toBe('stored');
    for (const path of [`${alice.id}/stolen.mp4`, 'nobody/stolen.mp4', 'stolen.mp4'])
      expect(await upload(bob.client, path, 1)).toBe('refused');
    await allow(null);
    expect(await upload(alice.client, `${alice.id}/d.mp4`, 1)).toBe('refused');
  });

  it('cannot change the switch, nor see what others have left', async () => {
    const { client } = await signUp();
    for (const table of ['media_settings', 'removed_media']) {
      expect((await client.from(table).select('*')).data ?? []).toEqual([]);
      expect((await client.from(table).select('*')).error).not.toBeNull();
    }
    expect(
      (await client.from('media_settings').update({ direct_upload_bytes: 1e12 }).eq('only_row', true)).error,
    ).not.toBeNull();
  });
});

describe('the functions of the migrations', () => {
  it('can be executed by nobody who need not', async () => {
    const { rows } = await database.query<{ name: string; roles: string[] }>(
      `select proc.oid::regprocedure::text as name,
         array(
           select role from unnest(array['anon', 'authenticated', 'service_role']) as role
           where has_function_privilege(role, proc.oid, 'execute')
           order by role
         ) as roles
       from pg_proc as proc
       where proc.pronamespace in ('public'::regnamespace, 'media_private'::regnamespace)
         and not exists (select 1 from pg_depend where pg_depend.objid = proc.oid and pg_depend.deptype = 'e')
       order by 1`,
    );
    expect(rows.length).toBeGreaterThan(8);
    const open = rows.filter(({ roles }) => roles.some((role) => role !== 'service_role'));
    // What users may ask for, each beside what does it in a schema that the API does not serve; and what a policy asks.
    expect(open.every(({ roles }) => roles.join() === 'authenticated,service_role')).toBe(true);
    expect(open.map(({ name }) => name)).toEqual([
      'cancel_video(uuid)',
      'media_private.cancel_video(uuid)',
      'media_private.may_upload_directly(text,jsonb)',
      'media_private.request_video(text,text,jsonb)',
      'media_private.retry_video(uuid)',
      'request_video(text,text,jsonb)',
      'retry_video(uuid)',
    ]);
    const triggers = rows.filter(({ name }) => /_(before|after)_/.test(name));
    expect(triggers.map(({ name }) => name).sort()).toEqual([
      'media_after_user_delete()',
      'objects_after_upload()',
      'videos_after_delete()',
      'videos_after_status()',
      'videos_before_insert()',
      'videos_before_write()',
    ]);
  });

  it('fix what they resolve names by', async () => {
    const { rows } = await database.query(
      `select proname from pg_proc where pronamespace in ('public'::regnamespace, 'media_private'::regnamespace) and prosecdef
         and not ('search_path=""' = any(coalesce(proconfig, '{}')))`,
    );
    expect(rows).toEqual([]);
  });
});
