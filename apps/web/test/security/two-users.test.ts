/**
 * Two users try everything of each other's: every address of the API, by its own description, and what Supabase itself
 * offers to a signed-in user: rows, objects, signed addresses, upload tokens.
 */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import { SOURCES } from '@supabase-media/test-support/uploads';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  patchAt,
  type ToldError,
  TUS,
} from '../support/api-lab.ts';
import { createTestUser, type TestUser } from '../support/test-user.ts';

const RESULTS = 'project-processed-videos';

/** A user with one of everything. */
interface Owner {
  readonly user: TestUser;
  readonly call: Call;
  /** As supabase-js in their browser. */
  readonly supabase: ReturnType<typeof clientOf>;
  /** An upload that has begun, single and resumable, and one that is completed. */
  readonly open: OpenUpload;
  readonly resumable: OpenUpload;
  readonly relayed: string;
  readonly videoId: string;
  readonly completed: OpenUpload;
  /** A finished result of the video. */
  readonly result: string;
}

const clientOf = (token: string) =>
  createClient(stackValue('SUPABASE_URL'), stackEnvironment().SUPABASE_ANON_KEY ?? '', {
    ...SUPABASE_OPTIONS,
    global: { headers: { authorization: `Bearer ${token}` } },
  });

let lab: ApiLab;
let api: ApiProcess;
let owners: readonly Owner[];
beforeAll(async () => {
  lab = await openApiLab();
  api = await lab.start();
  owners = await Promise.all([createOwner(), createOwner()]);
});
afterAll(() => lab?.close());

async function createOwner(): Promise<Owner> {
  const user = await createTestUser();
  const call = createCaller(api.url, user.token());
  const create = async (size: number): Promise<OpenUpload> =>
    (await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'mine.mp4', size } })).body;
  const completed = await create(1000);
  const sent = await fetch(completed.endpoint, {
    method: 'PUT',
    headers: { 'content-type': completed.contentType },
    body: new Uint8Array(mp4Bytes(1000)),
  });
  expect(sent.status).toBe(200);
  const { body } = await call<{ videoId: string }>('POST', `/api/uploads/${completed.id}/complete`);
  const resumable = await create(30_000_000);
  const result = `default/${body.videoId}/0-p3/video.mp4`;
  await putResult(result);
  await lab.sql(`update videos set status = 'ready', outcome = 'remuxed', outputs = $2 where id = $1`, [
    body.videoId,
    JSON.stringify([{ kind: 'video', bucket: RESULTS, path: result, contentType: 'video/mp4', bytes: 9 }]),
  ]);
  return {
    user,
    call,
    supabase: clientOf(user.token()),
    open: await create(1000),
    resumable,
    relayed: String(resumable.relayUploadUrl ?? ''),
    videoId: body.videoId,
    completed,
    result,
  };
}

async function putResult(path: string): Promise<void> {
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/storage/v1/object/${RESULTS}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stackValue('SUPABASE_SERVICE_ROLE_KEY')}`, 'content-type': 'video/mp4' },
    body: 'my result',
  });
  expect(answer.status).toBe(200);
}

/** Everything that belongs to a user, as it stands behind the scenes. */
const stateOf = async ({ user, videoId }: Owner) => ({
  videos: await lab.sql('select * from videos where owner_id = $1 order by id', [user.id]),
  sessions: await lab.sql('select * from upload_sessions where owner_id = $1 order by id', [user.id]),
  objects: await lab.sql(
    `select bucket_id, name, metadata->>'eTag' as etag from storage.objects
      where name like $1 or name like $2 order by name`,
    [`%${user.id}%`, `%${videoId}%`],
  ),
});

describe.each([
  ['one', 0],
  ['the other', 1],
] as const)('user %s', (_name, index) => {
  const me = () => owners[index] as Owner;
  const theirs = () => owners[1 - index] as Owner;

  it('gets nothing from any address of the API that names something of another', async () => {
    const before = await stateOf(theirs());
    const { body } = await me().call<{ paths: Record<string, Record<string, { requestBody?: unknown }>> }>(
      'GET',
      '/api/openapi.json',
    );
    const tried: string[] = [];
    for (const [path, methods] of Object.entries(body.paths).filter(([name]) => name.includes('{id}')))
      for (const method of Object.keys(methods)) {
        const isUpload = path.startsWith('/api/uploads');
        const ids = isUpload
          ? [theirs().open.id, theirs().resumable.id, theirs().completed.id, theirs().videoId]
          : [theirs().videoId, theirs().open.id];
        for (const id of ids) {
          const address = path
            .replace('{id}', id)
            .replace('{uploadId}', theirs().relayed.split('/').at(-1) || 'x')
            .replace('{language}', 'en')
            .replace('{rendition}', '720p')
            .replace('{name}', 'index.m3u8');
          expect(address).not.toContain('{');
          const isRename = method === 'patch' && path === '/api/videos/{id}';
          const json = path.endsWith('/progress') ? { confirmedBytes: 5 } : isRename ? { title: 'Mine' } : undefined;
          const headers: Record<string, string> = path.includes('/relay')
            ? { ...patchAt(0), 'upload-length': '1000' }
            : path.includes('captions')
              ? { 'content-type': 'text/vtt' }
              : {};
          const bytes = path.includes('captions') ? Buffer.from('WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n') : undefined;
          const options = { headers, ...(json && { json }), ...(bytes && { bytes }) };
          const { status, body: told } = await me().call<ToldError>(method.toUpperCase(), address, options);
          tried.push(`${method} ${path}`);
          expect([method, address, status]).toEqual([method, address, 404]);
          if (method !== 'head') expect(told.error.code).toMatch(/_not_found$/);
        }
      }
    // Of uploads and videos: a description without addresses would prove nothing.
    expect(new Set(tried).size).toBeGreaterThan(12);
    for (const list of ['/api/uploads', '/api/videos'])
      expect((await me().call('GET', list)).text).not.toContain(theirs().user.id);
    expect(await stateOf(theirs())).toEqual(before);
  });

  it('reads and writes no row of another', async () => {
    const before = await stateOf(theirs());
    const { supabase } = me();
    for (const table of ['videos', 'upload_sessions']) {
      const { data } = await supabase.from(table).select('*');
      expect(data?.map(({ owner_id }) => owner_id)).toEqual(data?.map(() => me().user.id));
      expect(
        (await supabase.from(table).update({ owner_id: me().user.id }).neq('id', randomUUID()).select()).data ?? [],
      ).toEqual([]);
      expect((await supabase.from(table).delete().neq('id', randomUUID()).select()).data ?? []).toEqual([]);
    }
    const inserted = await supabase.from('videos').insert({
      id: randomUUID(),
      owner_id: me().user.id,
      source_bucket: SOURCES,
      source_path: theirs().completed.path,
    });
    expect(inserted.error).not.toBeNull();
    expect(await stateOf(theirs())).toEqual(before);
  });

  it('reads, lists, signs, replaces, moves and removes no object of another', async () => {
    const before = await stateOf(theirs());
    for (const [bucket, path] of [
      [SOURCES, theirs().completed.path],
      [RESULTS, theirs().result],
    ] as const) {
      const store = me().supabase.storage.from(bucket);
      expect((await store.download(path)).error).not.toBeNull();
      expect((await store.createSignedUrl(path, 60)).error).not.toBeNull();
      expect((await store.createSignedUploadUrl(path)).error).not.toBeNull();
      expect((await store.createSignedUploadUrl(path, { upsert: true })).error).not.toBeNull();
      expect((await store.upload(path, 'x', { upsert: true, contentType: 'video/mp4' })).error).not.toBeNull();
      expect((await store.upload(`${path}.mp4`, 'x', { contentType: 'video/mp4' })).error).not.toBeNull();
      expect((await store.move(path, `${me().user.id}/stolen.mp4`)).error).not.toBeNull();
      expect((await store.copy(path, `${me().user.id}/stolen.mp4`)).error).not.toBeNull();
      expect((await store.remove([path])).data ?? []).toEqual([]);
      expect((await store.list(path.split('/').slice(0, -1).join('/'))).data ?? []).toEqual([]);
      const listed = JSON.stringify((await store.list()).data ?? []);
      expect(listed).not.toContain(theirs().user.id);
      expect(listed).not.toContain(theirs().videoId);
    }
    expect(await stateOf(theirs())).toEqual(before);
  });

  it('sends nothing to the place of another with the token of an upload of their own', async () => {
    const before = await stateOf(theirs());
    const own = new URL(me().open.endpoint);
    const token = own.searchParams.get('token') ?? '';
    expect(token).not.toBe('');
    const address = new URL(theirs().open.endpoint);
    address.searchParams.set('token', token);
    const put = await fetch(address, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: 'x' });
    expect(put.status).toBeGreaterThanOrEqual(400);
    const metadata = [
      ['bucketName', SOURCES],
      ['objectName', theirs().open.path],
      ['contentType', 'video/mp4'],
    ];
    const created = await fetch(`${own.origin}/storage/v1/upload/resumable/sign`, {
      method: 'POST',
      headers: {
        ...TUS,
        'x-signature': token,
        'upload-length': '5',
        'upload-metadata': metadata
          .map(([key, value]) => `${key} ${Buffer.from(String(value)).toString('base64')}`)
          .join(','),
      },
    });
    expect(created.status).toBeGreaterThanOrEqual(400);
    expect(await stateOf(theirs())).toEqual(before);
  });
});
