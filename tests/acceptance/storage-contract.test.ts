/**
 * What the uploader relies on, asked of a real Storage: `npm run test:acceptance` with SUPABASE_URL and
 * SUPABASE_SERVICE_ROLE_KEY set. It makes two buckets of its own and removes them.
 */
import { createHash, randomUUID } from 'node:crypto';
import { toAnswerError } from '@supabase-media/storage/answer-error';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { removeObject } from '@supabase-media/storage/expected-object';
import { readObjectInfo } from '@supabase-media/storage/object-info';
import { METADATA_TIMEOUTS } from '@supabase-media/storage/timeouts';
import type { SendOptions, SizedBody } from '@supabase-media/storage/transport';
import { appendBytes, createUpload, readOffset, terminateUpload } from '@supabase-media/storage/tus';
import { randomContent, SEED } from '@supabase-media/test-support/random';
import { openStackStorage } from '@supabase-media/test-support/stack';
import { openWorkshop, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const BUCKET = `acceptance-${randomUUID()}`;
const SMALL_BUCKET = `acceptance-small-${randomUUID()}`;
const SMALL_LIMIT = 1000;
const SIZE = 16_000_000;

let storage: StorageConnection;
let shop: UploadWorkshop;

const ask = (
  method: SendOptions['method'],
  path: string,
  body?: string | SizedBody,
  headers: Record<string, string> = {},
) =>
  storage.transport.send({
    method,
    url: `${storage.storageUrl}/${path}`,
    headers: { ...storage.headers, ...headers },
    ...(body === undefined ? {} : { body }),
    timeouts: METADATA_TIMEOUTS,
    action: `${method} ${path}`,
  });

const json = { 'content-type': 'application/json' };
const makeBucket = async (id: string, limit: number) => {
  const bucket = { id, name: id, public: false, file_size_limit: limit, allowed_mime_types: ['video/*'] };
  const answer = await ask('POST', 'bucket', JSON.stringify(bucket), json);
  expect(answer.status, answer.body).toBe(200);
};
const removeBucket = async (id: string) => {
  await ask('POST', `bucket/${id}/empty`, '{}', json);
  await ask('DELETE', `bucket/${id}`, '{}', json);
};

beforeAll(async () => {
  storage = openStackStorage();
  shop = await openWorkshop({ seed: SEED, size: SIZE });
  await makeBucket(BUCKET, 50_000_000);
  await makeBucket(SMALL_BUCKET, SMALL_LIMIT);
});
afterEach(() => shop.endTest());
afterAll(async () => {
  await removeBucket(BUCKET);
  await removeBucket(SMALL_BUCKET);
  await storage.close();
  await shop.close();
});

/** A body that gives its first 64 KiB and keeps the rest back: only who answers without reading it ends the wait. */
function withheldBody(bytes: number): { body: SizedBody; release: () => void } {
  let release = () => {};
  const answered = new Promise<void>((resolve) => {
    release = resolve;
  });
  const open = async function* () {
    yield Buffer.alloc(65_536, 1);
    await answered;
  };
  return { body: { bytes, open }, release };
}

const bodyOf = (content: Buffer): SizedBody => ({
  bytes: content.length,
  open: async function* () {
    yield content;
  },
});

const video = { 'content-type': 'video/mp4' };
const upload = (path: string, content: Buffer = Buffer.from('content'), headers = {}) =>
  ask('POST', `object/${path}`, bodyOf(content), { ...video, ...headers });

describe('refusals', () => {
  const classify = (answer: Awaited<ReturnType<typeof ask>>) => toAnswerError(answer, { action: 'asking' });

  it('are told apart by what stands in the body', async () => {
    const path = `${BUCKET}/there.mp4`;
    expect((await upload(path)).status).toBe(200);
    const cases: [string, Awaited<ReturnType<typeof ask>>, string][] = [
      ['a duplicate', await upload(path), 'object_exists'],
      ['a missing bucket', await upload('no-such-bucket/a.mp4'), 'bucket_missing'],
      ['a missing object', await ask('GET', `object/info/${BUCKET}/none.mp4`), 'object_missing'],
      ['a type', await upload(`${BUCKET}/a.txt`, undefined, { 'content-type': 'text/plain' }), 'content_type_refused'],
      ['a size', await upload(`${SMALL_BUCKET}/a.mp4`, Buffer.alloc(SMALL_LIMIT + 1)), 'object_too_large'],
      ['a key', await upload(`${BUCKET}/${encodeURIComponent('é')}.mp4`), 'key_refused'],
      [
        'a token',
        await ask('GET', 'bucket', undefined, { authorization: 'Bearer eyJ.garbage.x' }),
        'storage_unauthorized',
      ],
    ];
    for (const [what, answer, code] of cases) expect(classify(answer).code, `${what}: ${answer.body}`).toBe(code);
  });

  it('of a size, a duplicate or a bucket come before the body is read', async () => {
    const bytes = 40_000_000;
    await upload(`${BUCKET}/early.mp4`);
    for (const path of [`${SMALL_BUCKET}/large.mp4`, `${BUCKET}/early.mp4`, 'no-such-bucket/large.mp4']) {
      const { body, release } = withheldBody(bytes);
      const answer = await ask('POST', `object/${path}`, body, video).finally(release);
      expect(answer.status, answer.body).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('an object', () => {
  it("is described with its size, type, digest and its uploader's words", async () => {
    const content = randomContent(SEED, 100_000);
    const metadata = Buffer.from(JSON.stringify({ uploadId: 'x-1' })).toString('base64');
    await upload(`${BUCKET}/described.mp4`, content, { 'x-metadata': metadata });
    const info = await readObjectInfo(storage, { bucket: BUCKET, path: 'described.mp4' });
    expect(info).toMatchObject({ size: 100_000, contentType: 'video/mp4', metadata: { uploadId: 'x-1' } });
    const md5 = createHash('md5').update(content).digest('hex');
    // Hosted Storage keeps large objects in parts; their ETag is no MD5 and says so by its shape.
    if (/^[0-9a-f]{32}$/.test(info?.etag ?? '')) expect(info?.etag).toBe(md5);
  });

  it('is replaced only where x-upsert says so', async () => {
    const path = `${BUCKET}/replaced.mp4`;
    await upload(path);
    expect((await upload(path)).status).toBe(400);
    expect((await upload(path, Buffer.from('new content'), { 'x-upsert': 'true' })).status).toBe(200);
    expect((await readObjectInfo(storage, { bucket: BUCKET, path: 'replaced.mp4' }))?.size).toBe(11);
  });

  it('is read in parts', async () => {
    await upload(`${BUCKET}/ranged.mp4`, Buffer.from('0123456789'));
    const answer = await ask('GET', `object/authenticated/${BUCKET}/ranged.mp4`, undefined, { range: 'bytes=3-' });
    expect(answer).toMatchObject({ status: 206, body: '3456789' });
    expect(answer.headers['content-range']).toBe('bytes 3-9/10');
  });

  it('is gone after it was removed, and removing nothing is no error', async () => {
    await upload(`${BUCKET}/removed.mp4`);
    const address = { connection: storage, bucket: BUCKET, path: 'removed.mp4' };
    await removeObject(address);
    await removeObject(address);
    expect(await readObjectInfo(storage, address)).toBeUndefined();
  });
});

describe('a resumable upload', () => {
  const request = { upsert: false, signal: undefined, action: 'asking' };
  const create = (path: string, size: number, changes = {}) =>
    createUpload({
      ...request,
      connection: storage,
      bucket: BUCKET,
      path,
      size,
      contentType: 'video/mp4',
      metadata: { uploadId: path },
      ...changes,
    });
  const append = async (url: string, offset: number, content: Buffer, size: number, upsert = false) => {
    const answer = await appendBytes({
      ...request,
      upsert,
      connection: storage,
      url,
      offset,
      body: bodyOf(content),
      size,
      timeouts: METADATA_TIMEOUTS,
      onSent: () => {},
    });
    return answer.offset;
  };
  const part = 6 * 1024 * 1024;
  const content = randomContent(SEED, part + 1000);

  it('is told the global limit without a byte', async () => {
    const answer = await ask('OPTIONS', 'upload/resumable', undefined, { 'tus-resumable': '1.0.0' });
    expect(Number(answer.headers['tus-max-size'])).toBeGreaterThan(0);
  });

  it('goes through in parts, is seen only when it is whole, and keeps its metadata', async () => {
    const { url } = await create('parts.mp4', content.length);
    const address = { bucket: BUCKET, path: 'parts.mp4' };
    const asked = { ...request, connection: storage };
    expect(await readOffset(asked, url)).toEqual({ offset: 0, size: content.length });
    expect(await append(url, 0, content.subarray(0, part), content.length)).toBe(part);
    expect(await readObjectInfo(storage, address)).toBeUndefined();
    expect(await readOffset(asked, url)).toEqual({ offset: part, size: content.length });
    expect(await append(url, part, content.subarray(part), content.length)).toBe(content.length);
    const info = await readObjectInfo(storage, address);
    expect(info).toMatchObject({ size: content.length, metadata: { uploadId: 'parts.mp4' } });
  });

  it('refuses another offset, and says where it stands', async () => {
    const { url } = await create('conflict.mp4', content.length);
    await expect(append(url, 500, content.subarray(500, 1500), content.length)).rejects.toMatchObject({
      code: 'upload_conflict',
    });
    expect((await readOffset({ ...request, connection: storage }, url)).offset).toBe(0);
    await terminateUpload({ ...request, connection: storage }, url);
    await expect(readOffset({ ...request, connection: storage }, url)).rejects.toMatchObject({
      code: 'upload_expired',
    });
  });

  it.each([
    ['a size', { size: 60_000_000 }, 'object_too_large'],
    ['a type', { contentType: 'text/plain' }, 'content_type_refused'],
    ['a bucket', { bucket: 'no-such-bucket' }, 'bucket_missing'],
  ])('refuses %s before a byte is sent', async (_what, changes, code) => {
    await expect(create(`${randomUUID()}.mp4`, 1000, changes)).rejects.toMatchObject({ code });
  });

  it('refuses a duplicate, and with x-upsert on every request replaces it', async () => {
    await upload(`${BUCKET}/twice.mp4`);
    await expect(create('twice.mp4', 1000)).rejects.toMatchObject({ code: 'object_exists' });
    const { url } = await create('twice.mp4', 1000, { upsert: true });
    await append(url, 0, content.subarray(0, 1000), 1000, true);
    expect((await readObjectInfo(storage, { bucket: BUCKET, path: 'twice.mp4' }))?.size).toBe(1000);
  });
});

// By its ETag, which is an MD5 or, on S3, made of the parts' MD5s.
const PROVED = expect.stringMatching(/^(md5|multipart-etag)$/);

describe('the uploader', () => {
  it.each(['direct', 'stream', 'resumable'] as const)(
    'puts a file there by the %s route and proves it',
    async (route) => {
      const path = `${route}.mp4`;
      const result = await shop.upload(storage, { bucket: BUCKET, path, route });
      expect(result).toMatchObject({
        route,
        size: SIZE,
        attempts: 1,
        bytesSent: SIZE,
        verified: PROVED,
        sha256: shop.sha256,
      });
    },
  );

  it('takes up a resumable upload that was cut', async () => {
    let patches = 0;
    const { connection } = await shop.behind(({ method }) =>
      method === 'PATCH' && ++patches === 1 ? { kind: 'cut', afterBytes: 9_000_000 } : { kind: 'pass' },
    );
    const result = await shop.upload(connection, { bucket: BUCKET, path: 'cut.mp4', route: 'resumable' });
    expect(result).toMatchObject({ attempts: 2, verified: PROVED });
    expect(result.bytesSent).toBeLessThan(2 * SIZE);
  });
});
