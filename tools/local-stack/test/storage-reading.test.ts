/** Reading, listing, signing, moving, copying and removing objects, and the bucket routes, with supabase-js and by hand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { md5, seededBytes } from './support/bytes.ts';
import { type Answer, call } from './support/http.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

let test: TestStack;
const bytes = seededBytes(100_000);

beforeAll(async () => {
  test = await startTestStack({ fileSizeLimit: 10_000_000 });
  await test.service.storage.createBucket('private', { public: false });
  await test.service.storage.createBucket('open', { public: true });
  await test.service.storage.from('private').upload('folder/a.bin', bytes, { contentType: 'video/mp4' });
  await test.service.storage.from('open').upload('page.html', 'hello', { contentType: 'text/html' });
});

afterAll(() => test.stop());

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const authorization = `Bearer ${test.stack.serviceRoleKey}`;
  return call(`${test.storageUrl}/${path}`, { method, headers: { authorization, ...headers } });
}

describe('GET', () => {
  it('gives the bytes back', async () => {
    const { data } = await test.service.storage.from('private').download('folder/a.bin');
    expect(md5(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer(0)))).toBe(md5(bytes));
  });

  it.each([
    ['bytes=0-9', 'bytes 0-9/100000', 10],
    ['bytes=99990-', 'bytes 99990-99999/100000', 10],
    ['bytes=-5', 'bytes 99995-99999/100000', 5],
    ['bytes=99990-200000', 'bytes 99990-99999/100000', 10],
  ])('answers %s with a part', async (range, contentRange, length) => {
    const answer = await get('object/authenticated/private/folder/a.bin', { range });
    expect(answer.status).toBe(206);
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(length) });
  });

  it('refuses a range behind the end', async () => {
    const answer = await get('object/private/folder/a.bin', { range: 'bytes=100000-' });
    expect(answer.status).toBe(416);
    expect(answer.headers['content-range']).toBe('bytes */100000');
    expect(answer.json).toMatchObject({ statusCode: '416', code: 'InvalidRange' });
  });

  it('answers 304 to who has it', async () => {
    const etag = `"${md5(bytes)}"`;
    expect((await get('object/private/folder/a.bin')).headers.etag).toBe(etag);
    expect((await get('object/private/folder/a.bin', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('object/private/folder/a.bin', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('needs no token for public buckets only', async () => {
    const open = await call(`${test.storageUrl}/object/public/open/page.html`);
    expect(open).toMatchObject({ status: 200, text: 'hello' });
    expect(open.headers['content-type']).toBe('text/plain');
    expect((await call(`${test.storageUrl}/object/open/page.html`)).status).toBe(200);
    for (const route of ['object/public', 'object']) {
      const answer = await call(`${test.storageUrl}/${route}/private/folder/a.bin`);
      expect(answer.json).toMatchObject({ code: 'NoSuchBucket' });
    }
  });

  it('by HEAD, says all but the bytes', async () => {
    const answer = await get('object/private/folder/a.bin', {}, 'HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      etag: `"${md5(bytes)}"`,
      'content-length': '100000',
      'content-type': 'video/mp4',
    });
  });

  it('lets browsers of any origin read it', async () => {
    const answer = await get('object/public/open/page.html', { origin: 'http://app.test' });
    expect(answer.headers['access-control-allow-origin']).toBe('http://app.test');
    const preflight = await call(`${test.storageUrl}/object/open/x`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://app.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-upsert',
      },
    });
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-headers': 'x-upsert' } });
  });
});

describe('signed URLs', () => {
  it('read one object for a while', async () => {
    const { data } = await test.service.storage
      .from('private')
      .createSignedUrl('folder/a.bin', 60, { download: 'x.mp4' });
    const answer = await fetch(data?.signedUrl ?? '');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toBe("attachment; filename=x.mp4; filename*=UTF-8''x.mp4");
    expect((await answer.arrayBuffer()).byteLength).toBe(bytes.length);
  });

  it('come in batches, with a word for each that is missing', async () => {
    const { data } = await test.service.storage.from('private').createSignedUrls(['folder/a.bin', 'none'], 60);
    expect(data?.map((entry) => [entry.path, entry.error === null])).toEqual([
      ['folder/a.bin', true],
      ['none', false],
    ]);
  });

  it('are refused when they are for another object or another deed', async () => {
    const { data } = await test.service.storage.from('private').createSignedUrl('folder/a.bin', 60);
    const token = new URL(data?.signedUrl ?? '').searchParams.get('token');
    const other = await call(`${test.storageUrl}/object/sign/open/page.html?token=${token}`);
    expect(other.json).toMatchObject({ statusCode: '400', code: 'InvalidSignature' });
    const deed = `${test.storageUrl}/object/upload/sign/private/folder/a.bin?token=${token}`;
    expect((await call(deed, { method: 'PUT', body: 'x' })).json).toMatchObject({ code: 'InvalidSignature' });
  });
});

describe('listing', () => {
  it('shows one level, folders with id null', async () => {
    const bucket = test.service.storage.from('private');
    for (const name of ['list/b.txt', 'list/a.txt', 'list/deep/c.txt', 'list/deep/d.txt'])
      await bucket.upload(name, name);
    const level = await bucket.list('list');
    expect(level.data?.map(({ name, id }) => [name, id === null])).toEqual([
      ['deep', true],
      ['a.txt', false],
      ['b.txt', false],
    ]);
    expect(level.data?.[1]?.metadata).toMatchObject({ size: 10, mimetype: 'text/plain;charset=UTF-8' });
    const page = await bucket.list('list', { limit: 1, offset: 1, sortBy: { column: 'name', order: 'desc' } });
    expect(page.data?.map(({ name }) => name)).toEqual(['b.txt']);
    expect((await bucket.list('list', { search: 'a' })).data?.map(({ name }) => name)).toEqual(['a.txt']);
  });
});

describe('changing', () => {
  it('copies, moves and removes', async () => {
    const bucket = test.service.storage.from('private');
    expect((await bucket.copy('folder/a.bin', 'copies/b.bin')).error).toBeNull();
    expect((await bucket.copy('folder/a.bin', 'copies/b.bin')).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.move('copies/b.bin', 'moved/c.bin')).error).toBeNull();
    expect((await bucket.move('folder/a.bin', 'moved/c.bin')).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.exists('copies/b.bin')).data).toBe(false);
    expect((await bucket.info('moved/c.bin')).data).toMatchObject({ size: bytes.length, etag: `"${md5(bytes)}"` });
    const removed = await bucket.remove(['moved/c.bin', 'none']);
    expect(removed.data?.map(({ name }) => name)).toEqual(['moved/c.bin']);
    expect((await get('object/private/moved/c.bin')).json).toMatchObject({ code: 'NoSuchKey' });
    expect((await get('object/private/moved/c.bin', {}, 'DELETE')).json).toMatchObject({ code: 'NoSuchKey' });
  });

  it('is not done by SQL behind its back', async () => {
    await expect(test.database.query("delete from storage.objects where bucket_id = 'private'")).rejects.toThrow(
      'Direct deletion',
    );
  });
});

describe('buckets', () => {
  it('are made, read, changed, emptied and deleted', async () => {
    const { storage } = test.service;
    expect((await storage.createBucket('temp', { public: false, fileSizeLimit: '1MB' })).data).toEqual({
      name: 'temp',
    });
    expect((await storage.createBucket('temp', { public: false })).error).toMatchObject({ statusCode: '409' });
    expect((await storage.getBucket('temp')).data).toMatchObject({ file_size_limit: 1_000_000, public: false });
    await storage.updateBucket('temp', { public: true, allowedMimeTypes: ['image/*'] });
    expect((await storage.getBucket('temp')).data).toMatchObject({ public: true, allowed_mime_types: ['image/*'] });
    expect((await storage.listBuckets()).data?.map(({ id }) => id)).toContain('temp');
    await storage.from('temp').upload('a.png', 'x', { contentType: 'image/png' });
    expect((await storage.deleteBucket('temp')).error?.message).toContain('not empty');
    expect((await storage.emptyBucket('temp')).error).toBeNull();
    expect((await storage.deleteBucket('temp')).error).toBeNull();
    expect((await storage.getBucket('temp')).error).toMatchObject({ statusCode: '404' });
  });

  it.each([
    [10_000_001, 'EntityTooLarge'],
    ['11MB', 'EntityTooLarge'],
    ['1KiB', 'InvalidRequest'],
    ['10 MB', 'InvalidRequest'],
    [-1, 'InvalidRequest'],
    [1.5, 'InvalidRequest'],
  ])('refuse %s as a limit', async (limit, code) => {
    const answer = await call(`${test.storageUrl}/bucket`, {
      method: 'POST',
      headers: { authorization: `Bearer ${test.stack.serviceRoleKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'refused', file_size_limit: limit }),
    });
    expect(answer).toMatchObject({ status: 400, json: { code } });
  });

  it('round the number of a unit to three digits (as measured)', async () => {
    await test.service.storage.createBucket('rounded', { public: false, fileSizeLimit: '1234567B' });
    expect((await test.service.storage.getBucket('rounded')).data?.file_size_limit).toBe(1_230_000);
  });

  it('are not for anonymous callers to make', async () => {
    const { error } = await test.connect().storage.createBucket('mine', { public: false });
    expect(error).toMatchObject({ statusCode: '403', message: 'new row violates row-level security policy' });
  });
});
