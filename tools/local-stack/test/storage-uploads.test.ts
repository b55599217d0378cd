/** Uploads in one request: every form of body, overwriting, cuts, signed URLs, memory. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { request as undiciRequest } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { md5, repeatedBytes, seededBytes } from './support/bytes.ts';
import { type Answer, type CallOptions, call } from './support/http.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { waitUntil } from './support/wait.ts';

let test: TestStack;

beforeAll(async () => {
  test = await startTestStack();
  await test.service.storage.createBucket('files', { public: false });
  await test.service.storage.createBucket('small', { public: false, fileSizeLimit: 1000 });
});

afterAll(() => test.stop());

function upload(path: string, options: CallOptions = {}): Promise<Answer> {
  return call(`${test.storageUrl}/object/${path}`, {
    method: 'POST',
    ...options,
    headers: { authorization: `Bearer ${test.stack.serviceRoleKey}`, ...options.headers },
  });
}

async function info(path: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${test.stack.serviceRoleKey}` };
  return (await call(`${test.storageUrl}/object/info/${path}`, { headers })).json;
}

async function unfinishedFiles(): Promise<string[]> {
  return readdir(join(test.dataFolder, 'storage', 'incoming'));
}

describe('bodies', () => {
  const bytes = seededBytes(300_000);

  it('raw with a length', async () => {
    const answer = await upload('files/raw.bin', {
      body: bytes,
      headers: { 'content-length': bytes.length, 'content-type': 'video/mp4', 'cache-control': 'max-age=60' },
    });
    expect(answer).toMatchObject({ status: 200, json: { Key: 'files/raw.bin' } });
    expect(await info('files/raw.bin')).toMatchObject({
      id: answer.json.Id,
      name: 'raw.bin',
      bucket_id: 'files',
      size: bytes.length,
      content_type: 'video/mp4',
      cache_control: 'max-age=60',
      etag: `"${md5(bytes)}"`,
      metadata: null,
    });
  });

  it('raw and chunked, which no limit stops (as measured)', async () => {
    const answer = await upload('small/chunked.bin', { body: Readable.from([bytes.subarray(0, 3000)]) });
    expect(answer.status).toBe(200);
    expect(await info('small/chunked.bin')).toMatchObject({ size: 3000, content_type: 'application/octet-stream' });
  });

  it('empty', async () => {
    expect((await upload('files/empty.bin')).status).toBe(200);
    expect(await info('files/empty.bin')).toMatchObject({ size: 0, etag: '"d41d8cd98f00b204e9800998ecf8427e"' });
  });

  it('with user metadata in x-metadata', async () => {
    const header = Buffer.from(JSON.stringify({ sha256: 'abc' })).toString('base64');
    await upload('files/meta.bin', { body: 'x', headers: { 'x-metadata': header } });
    expect(await info('files/meta.bin')).toMatchObject({ metadata: { sha256: 'abc' } });
  });

  it('as a form, the way supabase-js sends a Blob', async () => {
    const { data, error } = await test.service.storage
      .from('files')
      .upload('blob.png', new Blob([new Uint8Array(bytes)]), {
        contentType: 'image/png',
        cacheControl: '99',
        metadata: { from: 'form' },
      });
    expect(error).toBeNull();
    expect(data?.path).toBe('blob.png');
    expect(await info('files/blob.png')).toMatchObject({
      size: bytes.length,
      cache_control: 'max-age=99',
      etag: `"${md5(bytes)}"`,
      metadata: { from: 'form' },
    });
  });

  it('as a form that is over the limit', async () => {
    const { error } = await test.service.storage.from('small').upload('blob.png', new Blob([new Uint8Array(bytes)]));
    expect(error).toMatchObject({ statusCode: '413', message: 'The object exceeded the maximum allowed size' });
    expect(await info('small/blob.png')).toMatchObject({ code: 'NoSuchKey' });
    expect(await unfinishedFiles()).toEqual([]);
  });

  it('as a form without a file', async () => {
    const form = new FormData();
    form.append('cacheControl', '1');
    const answer = await fetch(`${test.storageUrl}/object/files/none`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${test.stack.serviceRoleKey}` },
    });
    expect(await answer.json()).toMatchObject({ statusCode: '400', code: 'InvalidRequest' });
  });

  it('by undici, streamed', async () => {
    const answer = await undiciRequest(`${test.storageUrl}/object/files/undici.bin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${test.stack.serviceRoleKey}`, 'content-length': String(bytes.length) },
      body: Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]),
    });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
    expect(await info('files/undici.bin')).toMatchObject({ etag: `"${md5(bytes)}"` });
  });
});

describe('overwriting', () => {
  it('keeps the id, changes the version and drops the old bytes', async () => {
    await upload('files/over.bin', { body: 'first' });
    const before = await info('files/over.bin');
    expect((await upload('files/over.bin', { body: 'second', headers: { 'x-upsert': 'true' } })).status).toBe(200);
    const after = await info('files/over.bin');
    expect(after.id).toBe(before.id);
    expect(after.version).not.toBe(before.version);
    expect(after.size).toBe(6);
    expect(await storedVersions()).not.toContain(before.version);
    expect((await upload('files/over.bin', { method: 'PUT', body: 'third!!' })).status).toBe(200);
    expect((await info('files/over.bin')).size).toBe(7);
  });

  it('creates by PUT what was not there', async () => {
    expect((await upload('files/put.bin', { method: 'PUT', body: 'x' })).status).toBe(200);
  });
});

async function storedVersions(): Promise<string[]> {
  return readdir(join(test.dataFolder, 'storage', 'objects'), { recursive: true }).then((names) =>
    names.map((name) => name.split('/').at(-1) ?? ''),
  );
}

describe('a connection cut in the middle', () => {
  it.each([
    ['with a length', 'content-length: 5000000'],
    ['chunked', 'transfer-encoding: chunked'],
  ])('%s leaves the old object and nothing else', async (_name, framing) => {
    await upload('files/cut.bin', { body: 'the old one', headers: { 'x-upsert': 'true' } });
    const versions = await storedVersions();
    await sendPart('files/cut.bin', framing);
    await waitUntil(async () => (await unfinishedFiles()).length === 0);
    expect(await info('files/cut.bin')).toMatchObject({ size: 11 });
    expect(await storedVersions()).toEqual(versions);
    expect((await upload('files/cut.bin', { body: 'again', headers: { 'x-upsert': 'true' } })).status).toBe(200);
  });
});

/** Sends the head and a part of the body, waits until some of it is on the disk, and resets the connection. */
async function sendPart(path: string, framing: string): Promise<void> {
  const { hostname, port } = new URL(test.stack.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = [
    `POST /storage/v1/object/${path} HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${test.stack.serviceRoleKey}`,
    'x-upsert: true',
    framing,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const piece = seededBytes(100_000);
  if (framing.includes('chunked')) socket.write(`${piece.length.toString(16)}\r\n`);
  socket.write(piece);
  await waitUntil(async () => (await unfinishedFiles()).length === 1);
  socket.resetAndDestroy();
}

describe('signed uploads', () => {
  it('need only the token, and belong to who signed', async () => {
    const { data, error } = await test.service.storage.from('files').createSignedUploadUrl('signed/a.bin');
    if (error) throw error;
    const sent = await test.connect().storage.from('files').uploadToSignedUrl('signed/a.bin', data.token, 'hello');
    expect(sent.error).toBeNull();
    expect(await info('files/signed/a.bin')).toMatchObject({ size: 5 });
  });

  it('take a raw body and answer without an id', async () => {
    const { data } = await test.service.storage.from('files').createSignedUploadUrl('signed/raw.bin');
    const url = new URL(data?.signedUrl ?? '');
    const answer = await call(`${url.origin}${url.pathname}${url.search}`, { method: 'PUT', body: 'raw' });
    expect(answer).toMatchObject({ status: 200, json: { Key: 'files/signed/raw.bin' } });
    expect(answer.json).not.toHaveProperty('Id');
  });

  it('are not signed for a name that is taken, unless upsert is asked for', async () => {
    await upload('files/signed/taken.bin', { body: 'x' });
    const bucket = test.service.storage.from('files');
    const refused = await bucket.createSignedUploadUrl('signed/taken.bin');
    expect(refused.error).toMatchObject({ statusCode: '409' });
    const { data } = await bucket.createSignedUploadUrl('signed/taken.bin', { upsert: true });
    const sent = await bucket.uploadToSignedUrl('signed/taken.bin', data?.token ?? '', 'longer');
    expect(sent.error).toBeNull();
  });

  it('are good for their own path only', async () => {
    const { data } = await test.service.storage.from('files').createSignedUploadUrl('signed/mine.bin');
    const url = `${test.storageUrl}/object/upload/sign/files/signed/other.bin?token=${data?.token}`;
    expect((await call(url, { method: 'PUT', body: 'x' })).json).toMatchObject({ code: 'InvalidSignature' });
  });
});

it('takes 200 MB with the memory of a small upload', async () => {
  const length = 200_000_000;
  await upload('files/warm.bin', { body: repeatedBytes(20_000_000), headers: { 'content-length': 20_000_000 } });
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const answer = await upload('files/large.bin', {
    body: repeatedBytes(length),
    headers: { 'content-length': length },
  });
  clearInterval(timer);
  expect(answer.status).toBe(200);
  expect(await info('files/large.bin')).toMatchObject({ size: length });
  // Client and server are both in this process.
  expect(peak - before).toBeLessThan(60_000_000);
}, 30_000);
