/** Keys and row-level security: who may do what, through supabase-js and with bare headers, on the product's migrations. */
import type { OutgoingHttpHeaders } from 'node:http';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './support/http.ts';
import { signUp, startTestStack, type TestStack } from './support/stack.ts';

let test: TestStack;
let anna: Awaited<ReturnType<typeof signUp>>;
let berta: Awaited<ReturnType<typeof signUp>>;

beforeAll(async () => {
  test = await startTestStack();
  anna = await signUp(test, 'anna@example.com');
  berta = await signUp(test, 'berta@example.com');
  await test.service.from('videos').insert([
    { owner_id: anna.id, source_bucket: 'project-videos', source_path: `${anna.id}/a.mp4` },
    { owner_id: berta.id, source_bucket: 'project-videos', source_path: `${berta.id}/b.mp4` },
  ]);
});

afterAll(() => test.stop());

describe('tables', () => {
  it('show users their own rows, the service role all, and anonymous callers none', async () => {
    expect((await anna.client.from('videos').select('owner_id')).data).toEqual([{ owner_id: anna.id }]);
    expect((await berta.client.from('videos').select('owner_id')).data).toEqual([{ owner_id: berta.id }]);
    expect((await test.service.from('videos').select('id')).data).toHaveLength(2);
    expect((await test.connect().from('videos').select('id')).error?.code).toBe('42501');
  });

  it('are written by the service role alone', async () => {
    const row = { source_bucket: 'project-videos', source_path: 'x/new.mp4' };
    expect((await anna.client.from('videos').insert({ ...row, owner_id: anna.id })).error).not.toBeNull();
    expect((await test.service.from('videos').insert(row)).error).toBeNull();
    const update = await test.service
      .from('videos')
      .update({ progress: 7 })
      .eq('source_path', row.source_path)
      .select();
    expect(update.data?.[0]).toMatchObject({ progress: 7 });
    const upsert = await test.service
      .from('videos')
      .upsert({ ...row, step: 'probe' }, { onConflict: 'source_bucket,source_path' })
      .select('step,progress');
    expect(upsert.data).toEqual([{ step: 'probe', progress: 7 }]);
  });
});

describe('objects', () => {
  it('are uploaded to the own folder and to no other', async () => {
    const bucket = anna.client.storage.from('project-videos');
    const settings = test.service.from('media_settings').update({ direct_upload_bytes: 1000 });
    expect((await settings.eq('only_row', true)).error).toBeNull();
    const own = await bucket.upload(`${anna.id}/own.mp4`, 'x', { contentType: 'video/mp4' });
    expect(own.error).toBeNull();
    const other = await bucket.upload(`${berta.id}/other.mp4`, 'x', { contentType: 'video/mp4' });
    expect(other.error).toMatchObject({ statusCode: '403', message: 'new row violates row-level security policy' });
    const { rows } = await test.database.query('select owner_id from storage.objects where name = $1', [
      `${anna.id}/own.mp4`,
    ]);
    expect(rows).toEqual([{ owner_id: anna.id }]);
  });

  it('are found, listed, signed and removed by their owner alone', async () => {
    const path = `${anna.id}/mine.mp4`;
    await test.service.storage.from('project-videos').upload(path, 'x', { contentType: 'video/mp4' });
    const [mine, theirs] = [anna, berta].map(({ client }) => client.storage.from('project-videos'));
    expect((await mine?.info(path))?.data).toMatchObject({ size: 1 });
    expect((await theirs?.info(path))?.error).toMatchObject({ statusCode: '404' });
    expect((await mine?.list(anna.id))?.data?.length).toBeGreaterThan(0);
    expect((await theirs?.list(anna.id))?.data).toEqual([]);
    expect((await theirs?.createSignedUrl(path, 60))?.error).toMatchObject({ statusCode: '404' });
    expect((await theirs?.remove([path]))?.data).toEqual([]);
    expect((await mine?.remove([path]))?.data).toHaveLength(1);
  });

  it('keep to the bucket that the migrations made', async () => {
    expect((await test.service.storage.getBucket('project-videos')).data).toMatchObject({
      public: false,
      file_size_limit: 2_147_483_648,
    });
  });
});

describe('keys', () => {
  const rows = (headers: OutgoingHttpHeaders): Promise<{ status: number; text: string }> =>
    call(`${test.stack.url}/rest/v1/videos?select=owner_id`, { headers });

  it('are taken in apikey, in Authorization, or in both', async () => {
    const { serviceRoleKey, anonKey } = test.stack;
    const bearer = `Bearer ${serviceRoleKey}`;
    for (const headers of [
      { apikey: serviceRoleKey },
      { authorization: bearer },
      { apikey: serviceRoleKey, authorization: bearer },
      { apikey: anonKey, authorization: bearer },
    ]) {
      const answer = await rows(headers);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text).length).toBeGreaterThan(1);
      expect((await call(`${test.storageUrl}/bucket`, { headers })).status).toBe(200);
    }
  });

  it('leave the rights to the token beside them', async () => {
    const answer = await rows({ apikey: test.stack.anonKey, authorization: `Bearer ${anna.token}` });
    expect(JSON.parse(answer.text)).toEqual([{ owner_id: anna.id }]);
    expect((await rows({ authorization: `Bearer ${anna.token}` })).text).toBe(answer.text);
  });

  it('are refused with 401 when they are bad', async () => {
    const key = (secret: string): Promise<string> =>
      new SignJWT({ role: 'service_role' }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
    const forged = await key('not the secret');
    for (const headers of [{}, { apikey: 'garbage' }, { apikey: forged }]) {
      expect((await rows(headers)).status).toBe(401);
    }
    for (const headers of [
      { authorization: `Bearer ${forged}` },
      { apikey: test.stack.anonKey, authorization: 'Bearer garbage' },
      { apikey: test.stack.anonKey, authorization: `Bearer ${forged}` },
    ]) {
      const answer = await rows(headers);
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('PGRST301');
    }
  });

  it('work for signing in', async () => {
    const client = test.connect();
    const wrong = await client.auth.signInWithPassword({ email: 'anna@example.com', password: 'wrong password' });
    expect(wrong.error?.status).toBe(400);
    const right = await client.auth.signInWithPassword({ email: 'anna@example.com', password: 'a long password' });
    expect(right.error).toBeNull();
    expect((await client.auth.getUser()).data.user?.id).toBe(anna.id);
  });
});

describe('the database', () => {
  it('has what migrations and policies build on', async () => {
    const { rows } = await test.database.query(`
      select storage.foldername('a/b/c.mp4') as folder, storage.filename('a/b/c.mp4') as file,
        storage.extension('a/b/c.mp4') as extension, auth.uid() as uid, auth.role() as role, auth.jwt() as jwt,
        (select rolbypassrls from pg_roles where rolname = 'service_role') as bypass,
        (select count(*)::int from pg_publication where pubname = 'supabase_realtime') as publications`);
    expect(rows[0]).toEqual({
      folder: ['a', 'b'],
      file: 'c.mp4',
      extension: 'mp4',
      uid: null,
      role: null,
      jwt: {},
      bypass: true,
      publications: 1,
    });
  });

  it('records each migration once', async () => {
    const { rows } = await test.database.query(
      'select version, name from supabase_migrations.schema_migrations order by version',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ version, name }) => /^\d{14}$/.test(version) && name.length > 0)).toBe(true);
  });
});
