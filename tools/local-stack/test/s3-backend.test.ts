/** `--backend s3`: ETags of parts, expiry, a store that is away, ranges. Expected values were measured on the real server. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { md5, seededBytes } from './support/bytes.ts';
import { type Answer, call } from './support/http.ts';
import { removeTestFolder, startTestStack, type TestStack } from './support/stack.ts';
import { waitUntil } from './support/wait.ts';

const MIB = 1024 * 1024;
const bytes = seededBytes(56 * MIB);

let test: TestStack;

beforeAll(async () => {
  test = await startTestStack({ backend: 's3', fileSizeLimit: 2_000_000_000 });
  await test.service.storage.createBucket('files', { public: false });
});

afterEach(() => goAway(0));

afterAll(() => test.stop());

function service(extra: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${test.stack.serviceRoleKey}`, 'tus-resumable': '1.0.0', ...extra };
}

/** The ETag of an object whose parts end at these offsets. */
function partsETag(body: Buffer, ends: readonly number[]): string {
  const hash = createHash('md5');
  ends.forEach((end, index) => {
    hash.update(
      createHash('md5')
        .update(body.subarray(ends[index - 1] ?? 0, end))
        .digest(),
    );
  });
  return `"${hash.digest('hex')}-${ends.length}"`;
}

async function eTagOf(name: string): Promise<unknown> {
  return (await call(`${test.storageUrl}/object/info/files/${name}`, { headers: service() })).json.etag;
}

async function create(name: string, length: number, stack: TestStack = test): Promise<string> {
  const metadata = Object.entries({ bucketName: 'files', objectName: name, contentType: 'video/mp4' });
  const answer = await call(`${stack.storageUrl}/upload/resumable`, {
    method: 'POST',
    headers: {
      ...service({ authorization: `Bearer ${stack.stack.serviceRoleKey}` }),
      'upload-length': String(length),
      'upload-metadata': metadata.map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(','),
    },
  });
  expect(answer).toMatchObject({ status: 201, text: '' });
  return String(answer.headers.location);
}

const patchHeaders = (offset: number, length: number): Record<string, string> =>
  service({
    'upload-offset': String(offset),
    'content-type': 'application/offset+octet-stream',
    'content-length': String(length),
  });

function patch(url: string, offset: number, body: Buffer): Promise<Answer> {
  return call(url, { method: 'PATCH', headers: patchHeaders(offset, body.length), body });
}

function head(url: string, key: string = test.stack.serviceRoleKey): Promise<Answer> {
  return call(url, { method: 'HEAD', headers: service({ authorization: `Bearer ${key}` }) });
}

/** Sends the beginning of a PATCH for all the rest, and breaks the connection when `keptAt` bytes are in the file. */
async function cutPatch(url: string, offset: number, body: Buffer, keptAt: number): Promise<void> {
  const outgoing = request(url, { method: 'PATCH', headers: patchHeaders(offset, body.length), agent: false });
  outgoing.on('error', () => {});
  outgoing.write(body.subarray(0, keptAt - offset));
  await waitUntil(async () => (await receivedBytes(url)) === keptAt);
  outgoing.destroy();
  await new Promise((resolve) => outgoing.once('close', resolve));
}

/** How many bytes of an upload have reached the disk. */
async function receivedBytes(url: string): Promise<number> {
  const id = Buffer.from(String(url.split('/').at(-1)), 'base64url').toString();
  return (await stat(join(test.dataFolder, 'storage', 'resumable', String(id.split('/').at(-1))))).size;
}

interface State {
  readonly away: boolean;
  readonly unfinished: Array<{ path: string; parts: number[]; asideBytes: number }>;
}

async function state(): Promise<State> {
  const { json } = await call(`${test.stack.url}/stack/storage`, { headers: service() });
  return json as unknown as State;
}

async function goAway(seconds: number): Promise<void> {
  const body = JSON.stringify({ seconds });
  const answer = await call(`${test.stack.url}/stack/storage/away`, { method: 'POST', headers: service(), body });
  expect(answer.status).toBe(200);
}

describe('the ETag', () => {
  it.each([
    ['one byte', 1, 1],
    ['one part', 16 * MIB, 1],
    ['a byte more', 16 * MIB + 1, 2],
    ['two whole parts', 32 * MIB, 2],
  ])('of a body of %s counts parts of 16 MiB', async (name, size, parts) => {
    const body = bytes.subarray(0, size);
    const ends = Array.from({ length: parts }, (_, index) => Math.min((index + 1) * 16 * MIB, size));
    const expected = parts === 1 ? `"${md5(body)}"` : partsETag(body, ends);
    const url = `${test.storageUrl}/object/files/${encodeURIComponent(name)}`;
    const sent = await call(url, { method: 'POST', headers: service({ 'content-type': 'video/mp4' }), body });
    expect(sent.status).toBe(200);
    expect(await eTagOf(encodeURIComponent(name))).toBe(expected);
    const { data } = await test.service.storage.from('files').createSignedUploadUrl(`${name} signed`);
    const { data: kept, error } = await test.service.storage
      .from('files')
      .uploadToSignedUrl(`${name} signed`, data?.token ?? '', new Blob([new Uint8Array(body)]));
    expect([kept?.path, error]).toEqual([`${name} signed`, null]);
    expect(await eTagOf(encodeURIComponent(`${name} signed`))).toBe(expected);
    const answer = await call(url, { method: 'HEAD', headers: service() });
    expect(answer.headers.etag).toBe(expected);
  });

  it('of one PATCH counts parts of 50 MiB, and is never an MD5', async () => {
    await patch(await create('whole', bytes.length), 0, bytes);
    expect(await eTagOf('whole')).toBe(partsETag(bytes, [50 * MIB, 56 * MIB]));
    await patch(await create('byte', 1), 0, bytes.subarray(0, 1));
    expect(await eTagOf('byte')).toBe(partsETag(bytes, [1]));
  });

  it('of chunks counts each, those too small for S3 with the next', async () => {
    const size = 20 * MIB;
    const url = await create('chunks', size);
    const offsets = [1, 3, 3 * MIB, 10 * MIB, 11 * MIB, size];
    let from = 0;
    for (const to of offsets) {
      expect((await patch(url, from, bytes.subarray(from, to))).headers['upload-offset']).toBe(String(to));
      expect((await head(url)).headers['upload-offset']).toBe(String(to));
      if (to === 11 * MIB) {
        const { unfinished } = await state();
        expect(unfinished).toContainEqual({ path: 'files/chunks', parts: [10 * MIB], asideBytes: MIB });
      }
      from = to;
    }
    expect(await eTagOf('chunks')).toBe(partsETag(bytes, [10 * MIB, size]));
    expect((await state()).unfinished).toEqual([]);
  });

  it.each([
    ['a small beginning', 3 * MIB + 5, [50 * MIB, 56 * MIB]],
    ['a part', 7 * MIB + 3, [7 * MIB + 3, 56 * MIB]],
    ['a part and a small one', 52 * MIB + 1, [50 * MIB, 56 * MIB]],
  ])('after a cut counts from the end of the last part: %s', async (name, cutAt, ends) => {
    const url = await create(encodeURIComponent(name).replaceAll('%', ''), bytes.length);
    await cutPatch(url, 0, bytes, cutAt);
    await waitUntil(async () => (await head(url)).headers['upload-offset'] === String(cutAt));
    expect((await patch(url, cutAt, bytes.subarray(cutAt))).headers['tus-complete']).toBe('1');
    expect(await eTagOf(encodeURIComponent(name).replaceAll('%', ''))).toBe(partsETag(bytes, ends));
  });

  it('of an empty upload is that of an empty part, where a body was sent; else there is none', async () => {
    const metadata = `bucketName ${Buffer.from('files').toString('base64')},objectName ${Buffer.from('empty').toString('base64')}`;
    const headers = service({ 'upload-length': '0', 'upload-metadata': metadata });
    const url = `${test.storageUrl}/upload/resumable`;
    expect(await call(url, { method: 'POST', headers })).toMatchObject({ status: 404, text: 'NotFound' });
    const withBody = { ...headers, 'content-type': 'application/offset+octet-stream', 'content-length': '0' };
    expect((await call(url, { method: 'POST', headers: withBody })).headers['tus-complete']).toBe('1');
    expect(await eTagOf('empty')).toBe('"59adb24ef3cdbe0297f05b395827453f-1"');
  });
});

describe('a store that is away', () => {
  it('makes uploads "not found", and they are alive afterwards', async () => {
    const url = await create('away', 12 * MIB);
    await patch(url, 0, bytes.subarray(0, 6 * MIB));
    await goAway(60);
    expect((await head(url)).status).toBe(404);
    expect(await patch(url, 6 * MIB, bytes.subarray(6 * MIB, 12 * MIB))).toMatchObject({
      status: 404,
      text: 'The file for this url was not found\n',
    });
    expect((await call(url, { method: 'DELETE', headers: service() })).status).toBe(404);
    await goAway(0);
    expect((await head(url)).headers['upload-offset']).toBe(String(6 * MIB));
    await patch(url, 6 * MIB, bytes.subarray(6 * MIB, 12 * MIB));
    expect(await eTagOf('away')).toBe(partsETag(bytes, [6 * MIB, 12 * MIB]));
  });

  it('ends a PATCH with 500 at the end of its part, and what was kept aside is lost', async () => {
    const url = await create('lost', bytes.length);
    await patch(url, 0, bytes.subarray(0, MIB));
    const outgoing = request(url, { method: 'PATCH', headers: patchHeaders(MIB, 55 * MIB), agent: false });
    outgoing.on('error', () => {});
    outgoing.write(bytes.subarray(MIB, 40 * MIB));
    await waitUntil(async () => (await receivedBytes(url)) === 40 * MIB);
    await goAway(60);
    outgoing.end(bytes.subarray(40 * MIB));
    const [answer] = await once(outgoing, 'response');
    expect(answer.statusCode).toBe(500);
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    expect(text).toBe('Something went wrong with that request\nconnect ECONNREFUSED 127.0.0.1:9000\n');
    await goAway(0);
    expect((await head(url)).headers['upload-offset']).toBe('0');
  });

  it('answers REST with what the server says then; rows are kept, and what needs only rows works', async () => {
    const headers = service({ 'content-type': 'text/plain' });
    const url = `${test.storageUrl}/object/files/there.txt`;
    await call(url, { method: 'POST', headers, body: 'there' });
    const away = { statusCode: '500', error: 'connect ECONNREFUSED 127.0.0.1:9000', message: 'Error', code: 'S3Error' };
    const internal = {
      statusCode: '500',
      error: 'Internal',
      message: 'Internal Server Error',
      code: 'InternalError',
    };
    await goAway(60);
    const json = service({ 'content-type': 'application/json' });
    const move = JSON.stringify({ bucketId: 'files', sourceKey: 'there.txt', destinationKey: 'elsewhere.txt' });
    const many = JSON.stringify({ prefixes: ['there.txt'] });
    const length = { 'content-length': String(many.length) };
    const asked = [
      [await call(`${url}.new`, { method: 'POST', headers, body: 'new' }), away],
      [await call(`${test.storageUrl}/object/copy`, { method: 'POST', headers: json, body: move }), away],
      [await call(`${test.storageUrl}/object/move`, { method: 'POST', headers: json, body: move }), away],
      [
        await call(`${test.storageUrl}/object/files`, {
          method: 'DELETE',
          headers: { ...json, ...length },
          body: many,
        }),
        away,
      ],
      [await call(url, { method: 'DELETE', headers: service() }), internal],
      [await call(url, { headers: service() }), internal],
    ] as const;
    for (const [answer, body] of asked) expect(answer).toMatchObject({ status: 500, json: body });
    expect((await call(url, { method: 'HEAD', headers: service() })).status).toBe(200);
    expect(await eTagOf('there.txt')).toBe(`"${md5(Buffer.from('there'))}"`);
    await goAway(0);
    expect((await call(url, { headers: service() })).text).toBe('there');
  });

  it('is steered only by who has the service key', async () => {
    const headers = { authorization: `Bearer ${test.stack.anonKey}` };
    const answer = await call(`${test.stack.url}/stack/storage/away`, {
      method: 'POST',
      headers,
      body: '{"seconds":9}',
    });
    expect(answer).toMatchObject({ status: 400, json: { statusCode: '403' } });
    expect((await state()).away).toBe(false);
  });
});

it('answers a range behind the end with 500', async () => {
  const url = `${test.storageUrl}/object/files/short.txt`;
  await call(url, { method: 'POST', headers: service({ 'content-type': 'text/plain' }), body: 'short' });
  expect(await call(url, { headers: service({ range: 'bytes=5-' }) })).toMatchObject({
    status: 500,
    json: { code: 'InternalError' },
  });
  expect(await call(url, { headers: service({ range: 'bytes=2-' }) })).toMatchObject({ status: 206, text: 'ort' });
});

it('promises an hour, and keeps the parts of what was not ended', async () => {
  const url = await create('left', 12 * MIB);
  const sent = await patch(url, 0, bytes.subarray(0, 6 * MIB));
  const life = Date.parse(String(sent.headers['upload-expires'])) - Date.now();
  expect(life).toBeGreaterThan(3_500_000);
  expect(life).toBeLessThanOrEqual(3_600_000);
  expect((await state()).unfinished).toContainEqual({ path: 'files/left', parts: [6 * MIB], asideBytes: 0 });
  expect((await call(url, { method: 'DELETE', headers: service() })).status).toBe(204);
  expect((await head(url)).status).toBe(404);
  expect((await state()).unfinished.filter(({ path }) => path === 'files/left')).toEqual([]);
});

it.each(['s3', 'file'] as const)('lets uploads expire after the time of its choice (%s)', async (backend) => {
  const other = await startTestStack({ backend, uploadExpiry: 1 });
  await other.service.storage.createBucket('files', { public: false });
  const url = await create('late', 100, other);
  await waitUntil(async () => (await head(url, other.stack.serviceRoleKey)).status === 410);
  const headers = service({ authorization: `Bearer ${other.stack.serviceRoleKey}` });
  const late = await call(url, { method: 'PATCH', headers: { ...patchHeaders(0, 1), ...headers }, body: 'x' });
  expect(late).toMatchObject({ status: 410, text: 'The file for this url no longer exists\n' });
  const control = `${other.stack.url}/stack/storage`;
  expect((await call(control, { headers })).json.unfinished).toEqual([
    { path: 'files/late', parts: [], asideBytes: 0 },
  ]);
  expect((await call(url, { method: 'DELETE', headers })).status).toBe(204);
  expect((await call(control, { headers })).json.unfinished).toEqual([]);
  await other.stop();
});

it('continues after a restart; what the file backend began is unknown to it', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'stack-parts-'));
  const start = (backend: 's3' | 'file'): Promise<TestStack> => startTestStack({ backend, dataFolder });
  const pathOf = (url: string): string => new URL(url).pathname;
  const [one, two] = [bytes.subarray(0, 6 * MIB), bytes.subarray(6 * MIB, 6 * MIB + 7)];
  const send = (running: TestStack, path: string, offset: number, body: Buffer): Promise<Answer> => {
    const authorization = `Bearer ${running.stack.serviceRoleKey}`;
    const headers = { ...patchHeaders(offset, body.length), authorization };
    return call(`${running.stack.url}${path}`, { method: 'PATCH', headers, body });
  };
  const file = await start('file');
  await file.service.storage.createBucket('files', { public: false });
  const begun = pathOf(await create('begun', 100, file));
  await file.stop();
  const first = await start('s3');
  expect((await head(`${first.stack.url}${begun}`, first.stack.serviceRoleKey)).status).toBe(404);
  const path = pathOf(await create('restarted', 6 * MIB + 7, first));
  expect((await send(first, path, 0, one)).status).toBe(204);
  await first.stop();
  const second = await start('s3');
  expect((await send(second, path, 6 * MIB, two)).headers['tus-complete']).toBe('1');
  const { data } = await second.service.storage.from('files').info('restarted');
  expect(data?.etag).toBe(partsETag(bytes, [6 * MIB, 6 * MIB + 7]));
  await second.stop();
  await removeTestFolder(dataFolder);
}, 60_000);
