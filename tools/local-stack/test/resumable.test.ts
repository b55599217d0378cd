/** Resumable uploads with tus-js-client, and the protocol by hand where its details matter. */
import { once } from 'node:events';
import { mkdtemp, stat } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Upload, type UploadOptions } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { md5, seededBytes } from './support/bytes.ts';
import { type Answer, call } from './support/http.ts';
import { removeTestFolder, signUp, startTestStack, type TestStack } from './support/stack.ts';
import { waitUntil } from './support/wait.ts';

let test: TestStack;
let endpoint: string;

beforeAll(async () => {
  test = await startTestStack({ fileSizeLimit: 50_000_000, standardFileSizeLimit: 1_000_000 });
  endpoint = `${test.storageUrl}/upload/resumable`;
  await test.service.storage.createBucket('files', { public: false });
  await test.service.storage.createBucket('images', {
    public: false,
    fileSizeLimit: 5000,
    allowedMimeTypes: ['image/*'],
  });
});

afterAll(() => test.stop());

function service(extra: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${test.stack.serviceRoleKey}`, 'tus-resumable': '1.0.0', ...extra };
}

function encodeMetadata(metadata: Record<string, string>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

function create(bucket: string, name: string, length: number, extra: Record<string, string> = {}): Promise<Answer> {
  return call(endpoint, {
    method: 'POST',
    headers: service({
      'upload-length': String(length),
      'upload-metadata': encodeMetadata({ bucketName: bucket, objectName: name, contentType: 'image/png' }),
      ...extra,
    }),
  });
}

function patch(url: string, offset: number, body: Buffer, extra: Record<string, string> = {}): Promise<Answer> {
  return call(url, {
    method: 'PATCH',
    headers: service({
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(body.length),
      ...extra,
    }),
    body,
  });
}

function head(url: string): Promise<Answer> {
  return call(url, { method: 'HEAD', headers: service() });
}

async function info(path: string): Promise<Record<string, unknown>> {
  return (await call(`${test.storageUrl}/object/info/${path}`, { headers: service() })).json;
}

function uploadByClient(bytes: Buffer, name: string, options: Partial<UploadOptions> = {}): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint,
      headers: { authorization: `Bearer ${test.stack.serviceRoleKey}` },
      metadata: {
        bucketName: 'files',
        objectName: name,
        contentType: 'video/mp4',
        cacheControl: '77',
        metadata: JSON.stringify({ sha256: 'abc' }),
      },
      retryDelays: null,
      onSuccess: () => resolve(upload),
      onError: reject,
      ...options,
    });
    upload.start();
  });
}

describe('tus-js-client', () => {
  const bytes = seededBytes(13_000_000);

  it.each([
    ['one PATCH', Number.POSITIVE_INFINITY],
    ['6 MB chunks', 6 * 1024 * 1024],
  ])('uploads in %s', async (name, chunkSize) => {
    const upload = await uploadByClient(bytes, `${name}.mp4`, { chunkSize });
    expect(upload.url).toMatch(new RegExp(`^${endpoint}/[\\w-]+$`));
    expect(await info(`files/${encodeURIComponent(`${name}.mp4`)}`)).toMatchObject({
      size: bytes.length,
      etag: `"${md5(bytes)}"`,
      content_type: 'video/mp4',
      cache_control: 'max-age=77',
      metadata: { sha256: 'abc' },
    });
  });

  it('resumes after a cut, also when the stack forgot its digest', async () => {
    const first = await create('files', 'resumed.mp4', bytes.length);
    const url = String(first.headers.location);
    await cutPatch(url, bytes.subarray(0, 5_000_000), bytes.length);
    const offset = Number((await head(url)).headers['upload-offset']);
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(5_000_000);
    expect(await info('files/resumed.mp4')).toMatchObject({ code: 'NoSuchKey' });
    await uploadByClient(bytes, 'resumed.mp4', { uploadUrl: url });
    expect(await info('files/resumed.mp4')).toMatchObject({ size: bytes.length, etag: `"${md5(bytes)}"` });
  });

  it('uploads with a signature instead of a token, for the user who signed', async () => {
    const owner = await signUp(test, 'signer@example.com');
    await test.database.query(
      `create policy "anyone signed in" on storage.objects for insert to authenticated with check (bucket_id = 'files')`,
    );
    const { data, error } = await owner.client.storage.from('files').createSignedUploadUrl('signed.mp4');
    if (error) throw error;
    const upload = await uploadByClient(bytes, 'signed.mp4', {
      endpoint: `${endpoint}/sign`,
      headers: { 'x-signature': data.token },
      chunkSize: 6 * 1024 * 1024,
    });
    expect(upload.url).toContain('/upload/resumable/sign/');
    const { rows } = await test.database.query("select owner_id from storage.objects where name = 'signed.mp4'");
    expect(rows).toEqual([{ owner_id: owner.id }]);
    const unsigned = await call(String(upload.url), { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
    expect(unsigned.status).toBe(400);
  });
});

/** Begins a PATCH of the whole, sends a part of it, waits until the server has taken some, and cuts. */
async function cutPatch(url: string, part: Buffer, total: number): Promise<void> {
  const { outgoing } = beginPatch(url, total);
  outgoing.on('error', () => {});
  outgoing.write(part);
  await waitUntil(async () => (await receivedBytes(url)) > 1_000_000);
  outgoing.destroy();
}

function beginPatch(url: string, total: number): { outgoing: ClientRequest; answer: Promise<IncomingMessage> } {
  const outgoing = request(url, {
    method: 'PATCH',
    agent: false,
    headers: service({
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': String(total),
    }),
  });
  const answer = once(outgoing, 'response').then(([response]) => response as IncomingMessage);
  answer.catch(() => {});
  return { outgoing, answer };
}

/** How much of an unfinished upload is on the disk, without asking the server, which would end a running PATCH. */
async function receivedBytes(url: string): Promise<number> {
  const version =
    Buffer.from(url.split('/').at(-1) ?? '', 'base64url')
      .toString()
      .split('/')
      .at(-1) ?? '';
  return (await stat(join(test.dataFolder, 'storage', 'resumable', version))).size;
}

describe('the protocol', () => {
  it('says what it can', async () => {
    const answer = await call(endpoint, { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'tus-extension': 'creation,creation-with-upload,creation-defer-length,termination,expiration',
      'tus-max-size': '50000000',
      'tus-version': '1.0.0',
    });
  });

  it.each([
    ['a missing bucket', 'nowhere', 'a.png', 10, {}, 404, 'Bucket not found'],
    ['the bucket limit', 'images', 'a.png', 5001, {}, 413, 'Maximum size exceeded'],
    ['the global limit', 'files', 'a.png', 50_000_001, {}, 413, 'Maximum size exceeded'],
    ['an invalid name', 'files', 'é.png', 10, {}, 400, 'Invalid key: é.png'],
    ['a dot segment', 'files', 'a/../b', 10, {}, 400, 'contains dot path segment'],
    ['concatenation', 'files', 'a.png', 10, { 'upload-concat': 'partial' }, 501, 'parallel uploads'],
  ])('refuses %s as plain text with the true status', async (_case, bucket, name, length, headers, status, text) => {
    const answer = await create(bucket, name, length, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  it('refuses a type that is not on the list', async () => {
    const metadata = encodeMetadata({ bucketName: 'images', objectName: 'a', contentType: 'video/mp4' });
    expect((await create('', '', 10, { 'upload-metadata': metadata })).status).toBe(415);
  });

  it('refuses anonymous callers with 403, and bad tokens as REST does', async () => {
    const anonymous = await create('files', 'anon.png', 10, { authorization: `Bearer ${test.stack.anonKey}` });
    expect(anonymous).toMatchObject({ status: 403, text: 'new row violates row-level security policy' });
    const garbage = await create('files', 'anon.png', 10, { authorization: 'Bearer garbage' });
    expect(garbage).toMatchObject({ status: 400, json: { statusCode: '403', code: 'AccessDenied' } });
  });

  it('does not count the limit of single requests', async () => {
    expect((await create('files', 'above-standard.png', 2_000_000)).status).toBe(201);
  });

  it('wants x-upsert on every request', async () => {
    await test.service.storage.from('files').upload('upsert.png', 'old');
    expect((await create('files', 'upsert.png', 4)).status).toBe(409);
    const created = await create('files', 'upsert.png', 4, { 'x-upsert': 'true' });
    const url = String(created.headers.location);
    const without = await patch(url, 0, Buffer.from('newer'.slice(0, 4)));
    expect(without).toMatchObject({ status: 409, text: 'The resource already exists' });
    const done = await patch(url, 0, Buffer.from('newe'), { 'x-upsert': 'true' });
    expect(done).toMatchObject({ status: 204, headers: { 'upload-offset': '4', 'tus-complete': '1' } });
    expect(await info('files/upsert.png')).toMatchObject({ size: 4 });
  });

  it('answers a wrong offset with 409 and too much with 413', async () => {
    const url = String((await create('files', 'offsets.png', 4)).headers.location);
    expect(await patch(url, 2, Buffer.from('ab'))).toMatchObject({ status: 409, text: 'Upload-Offset conflict\n' });
    expect((await patch(url, 0, Buffer.from('abcdef'))).status).toBe(413);
  });

  it('ends unfinished uploads, not finished ones', async () => {
    const url = String((await create('files', 'ended.png', 4)).headers.location);
    expect((await call(url, { method: 'DELETE', headers: service() })).status).toBe(204);
    expect((await head(url)).status).toBe(404);
    const other = String((await create('files', 'finished.png', 4)).headers.location);
    await patch(other, 0, Buffer.from('abcd'));
    expect((await head(other)).headers['upload-offset']).toBe('4');
    expect((await call(other, { method: 'DELETE', headers: service() })).status).toBe(409);
  });

  it('completes an empty upload and one that comes with its body at creation', async () => {
    expect((await create('files', 'empty.png', 0)).headers['tus-complete']).toBe('1');
    const metadata = encodeMetadata({ bucketName: 'files', objectName: 'at-once.png' });
    const answer = await call(endpoint, {
      method: 'POST',
      headers: service({
        'upload-length': '5',
        'upload-metadata': metadata,
        'content-type': 'application/offset+octet-stream',
      }),
      body: 'hello',
    });
    expect(answer).toMatchObject({ status: 201, headers: { 'upload-offset': '5', 'tus-complete': '1' } });
    expect(await info('files/at-once.png')).toMatchObject({ size: 5 });
  });

  it('makes URLs that are right behind a proxy', async () => {
    const answer = await create('files', 'proxied.png', 4, {
      'x-forwarded-host': 'media.example.com',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '8443',
    });
    expect(answer.headers.location).toMatch(
      /^https:\/\/media\.example\.com:8443\/storage\/v1\/upload\/resumable\/[\w-]+$/,
    );
    const id = Buffer.from(String(answer.headers.location?.split('/').at(-1)), 'base64url').toString();
    expect(id).toMatch(/^files\/proxied\.png\/[0-9a-f-]{36}$/);
    expect(answer.headers['upload-expires']).toBeUndefined();
  });

  it('ends a running PATCH with its offset when a HEAD comes', async () => {
    const total = 1_000_000;
    const url = String((await create('files', 'locked.png', total)).headers.location);
    const { outgoing, answer } = beginPatch(url, total);
    outgoing.on('error', () => {});
    outgoing.write(seededBytes(400_000));
    await waitUntil(async () => (await receivedBytes(url)) === 400_000);
    const [headed, patched] = await Promise.all([head(url), answer]);
    expect(patched.statusCode).toBe(204);
    expect(patched.headers['upload-offset']).toBe('400000');
    expect(headed.headers['upload-offset']).toBe('400000');
    outgoing.destroy();
  }, 10_000);
});

it('continues after a restart of the stack', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'stack-resume-'));
  const bytes = seededBytes(200_000);
  const first = await startTestStack({ dataFolder });
  const headers = { authorization: `Bearer ${first.stack.serviceRoleKey}`, 'tus-resumable': '1.0.0' };
  const created = await call(`${first.storageUrl}/upload/resumable`, {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': String(bytes.length),
      'upload-metadata': encodeMetadata({
        bucketName: 'project-videos',
        objectName: 'a.mp4',
        contentType: 'video/mp4',
      }),
    },
  });
  const path = new URL(String(created.headers.location)).pathname;
  const send = (url: string, offset: number, end: number): Promise<Answer> =>
    patch(`${url}${path}`, offset, bytes.subarray(offset, end), headers);
  expect((await send(first.stack.url, 0, 70_000)).status).toBe(204);
  await first.stop();
  const second = await startTestStack({ dataFolder });
  const headed = await call(`${second.stack.url}${path}`, { method: 'HEAD', headers });
  expect(headed.headers['upload-offset']).toBe('70000');
  expect((await send(second.stack.url, 70_000, bytes.length)).headers['tus-complete']).toBe('1');
  const { data } = await second.service.storage.from('project-videos').info('a.mp4');
  expect(data).toMatchObject({ size: bytes.length, etag: `"${md5(bytes)}"` });
  await second.stop();
  await removeTestFolder(dataFolder);
});
