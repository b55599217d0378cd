/** The uploader against the stack, and against a proxy in front of it that breaks one thing at a time. */
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StorageConnection } from '../src/storage/connection.ts';
import { downloadFile } from '../src/storage/download.ts';
import { readObjectInfo } from '../src/storage/object-info.ts';
import { openResumeStore } from '../src/storage/resume-store.ts';
import { type UploadFileOptions, uploadFile } from '../src/storage/uploader.ts';
import { type FaultProxy, type FaultRule, startFaultProxy } from './support/fault-proxy.ts';
import { openStackStorage, stackConfig, stackValue, uniquePath } from './support/stack.ts';

const BUCKET = 'project-videos';
const SIZE = 3_000_000;
const clocks = { timeoutMs: 30_000, stallMs: 10_000, answerMs: 10_000 };

let folder: string;
let file: string;
let sha256: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-uploader-'));
  file = join(folder, 'clip.mp4');
  const content = randomBytes(SIZE);
  sha256 = createHash('sha256').update(content).digest('hex');
  await writeFile(file, content);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const open = (url?: string): StorageConnection => {
  const connection = openStackStorage(url);
  closing.push(connection.close);
  return connection;
};

const behind = async (rule: FaultRule): Promise<{ connection: StorageConnection; proxy: FaultProxy }> => {
  const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), rule);
  closing.push(proxy.close);
  return { connection: open(proxy.url), proxy };
};

const upload = (connection: StorageConnection, changes: Partial<UploadFileOptions> = {}) =>
  uploadFile({
    connection,
    policy: { ...clocks, directMaxBytes: 100_000_000, maxRetries: 3 },
    resumeStore: openResumeStore(join(folder, 'state')),
    file,
    bucket: BUCKET,
    path: uniquePath('clip.mp4'),
    contentType: 'video/mp4',
    ...changes,
  });

const isUpload = ({ method, path }: { method: string; path: string }): boolean =>
  (method === 'POST' || method === 'PUT') && path.startsWith('/storage/v1/object/project-videos');

const digestOf = async (connection: StorageConnection, path: string): Promise<string> => {
  const target = join(folder, 'back');
  return (await downloadFile({ connection, bucket: BUCKET, path, file: target, clocks, maxRetries: 0 })).sha256;
};

describe.each(['direct', 'stream'] as const)('the %s route', (route) => {
  it('puts the file there, byte for byte, and says so', async () => {
    const connection = open();
    const seen: number[] = [];
    const result = await upload(connection, { route, onProgress: (sent) => seen.push(sent) });
    expect(result).toMatchObject({ size: SIZE, route, attempts: 1, bytesSent: SIZE, verified: true });
    expect(seen.at(-1)).toBe(SIZE);
    expect(await digestOf(connection, result.path)).toBe(sha256);
    const info = await readObjectInfo(connection, result);
    expect(info).toMatchObject({ size: SIZE, contentType: 'video/mp4' });
  });

  it('refuses to replace an object unless told to, without trying again', async () => {
    const connection = open();
    const { path } = await upload(connection, { route });
    await expect(upload(connection, { route, path })).rejects.toMatchObject({ code: 'object_exists' });
    expect((await upload(connection, { route, path, upsert: true })).attempts).toBe(1);
  });

  it.each([
    ['a bucket that is not there', { bucket: 'no-such-bucket' }, 'bucket_missing'],
    ['a type the bucket does not take', { contentType: 'text/plain' }, 'content_type_refused'],
    ['a path that would name another object', { path: 'a/../b.mp4' }, 'key_refused'],
    ['a path with a character that Storage refuses', { path: 'é.mp4' }, 'key_refused'],
    ['a file that is not there', { file: '/no/such/file' }, 'file_missing'],
  ])('refuses %s', async (_what, changes, code) => {
    await expect(upload(open(), { route, ...changes })).rejects.toMatchObject({ code });
  });

  it('sends the file anew after a broken connection', async () => {
    const rule: FaultRule = (request) =>
      isUpload(request) && request.count === 1 ? { kind: 'cut', afterBytes: SIZE / 2 } : { kind: 'pass' };
    const { connection } = await behind(rule);
    const waits: string[] = [];
    const result = await upload(connection, { route, onRetry: ({ error }) => waits.push(error.code) });
    expect(waits).toEqual(['upload_interrupted']);
    expect(result.attempts).toBe(2);
    expect(result.bytesSent).toBeGreaterThan(SIZE);
    expect(await digestOf(open(), result.path)).toBe(sha256);
  });

  it.each([
    ['a lost connection', undefined],
    ['502', 502],
    ['504', 504],
  ])('sends nothing twice when only the answer was lost (%s)', async (_what, status) => {
    const fault = status === undefined ? {} : { status };
    const rule: FaultRule = (request) => (isUpload(request) ? { kind: 'lose-answer', ...fault } : { kind: 'pass' });
    const { connection } = await behind(rule);
    const result = await upload(connection, { route });
    expect(result).toMatchObject({ attempts: 1, bytesSent: SIZE });
    expect(await digestOf(open(), result.path)).toBe(sha256);
  });

  it('waits as long as a busy server asks', async () => {
    const rule: FaultRule = (request) =>
      isUpload(request) && request.count === 1
        ? { kind: 'answer', status: 429, headers: { 'retry-after': '2' }, afterBody: true }
        : { kind: 'pass' };
    const { connection } = await behind(rule);
    const waits: number[] = [];
    await upload(connection, { route, onRetry: ({ waitMs }) => waits.push(waitMs) });
    expect(waits[0]).toBeGreaterThanOrEqual(2000);
  });

  it('knows the 413 of an edge from the 413 of Storage, and tries neither again', async () => {
    const edge = await behind((request) =>
      isUpload(request)
        ? { kind: 'answer', status: 413, body: '<html>413 Request Entity Too Large</html>' }
        : { kind: 'pass' },
    );
    await expect(upload(edge.connection, { route })).rejects.toMatchObject({ code: 'edge_too_large' });
    expect(edge.proxy.seen.filter((line) => line.startsWith('POST'))).toHaveLength(1);

    const body = JSON.stringify({
      statusCode: '413',
      error: 'Payload too large',
      message: 'x',
      code: 'EntityTooLarge',
    });
    const own = await behind((request) =>
      isUpload(request) ? { kind: 'answer', status: 400, body } : { kind: 'pass' },
    );
    await expect(upload(own.connection, { route })).rejects.toMatchObject({ code: 'object_too_large' });
  });

  it('ends a request in which no byte goes through', async () => {
    const { connection } = await behind((request) =>
      isUpload(request) ? { kind: 'stall', afterBytes: 65_536 } : { kind: 'pass' },
    );
    const large = join(folder, 'large.mp4');
    await writeFile(large, '');
    await truncate(large, 50_000_000);
    const policy = { ...clocks, stallMs: 300, directMaxBytes: 100_000_000, maxRetries: 0 };
    const stalled = upload(connection, { route, file: large, policy });
    await expect(stalled).rejects.toMatchObject({ code: 'upload_stalled' });
    await expect(stalled).rejects.toThrowError(/of 50.0 MB/);
  });

  it('ends a request that takes too long', async () => {
    const { connection } = await behind((request) =>
      isUpload(request) ? { kind: 'stall', afterBytes: 65_536 } : { kind: 'pass' },
    );
    const policy = { ...clocks, timeoutMs: 300, directMaxBytes: 100_000_000, maxRetries: 0 };
    await expect(upload(connection, { route, policy })).rejects.toMatchObject({ code: 'upload_timeout' });
  });

  it('ends within a second when it is told to', async () => {
    const controller = new AbortController();
    const { connection } = await behind((request) => {
      if (!isUpload(request)) return { kind: 'pass' };
      setImmediate(() => controller.abort());
      return { kind: 'stall', afterBytes: 65_536 };
    });
    const started = performance.now();
    const upon = upload(connection, { route, signal: controller.signal });
    await expect(upon).rejects.toMatchObject({ code: 'aborted' });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('says when the file changed while it was sent', async () => {
    const changing = join(folder, `changing-${route}.mp4`);
    await writeFile(changing, randomBytes(SIZE));
    const { connection } = await behind((request) => {
      if (isUpload(request)) void appendFile(changing, 'more');
      return { kind: 'pass' };
    });
    await expect(upload(connection, { route, file: changing })).rejects.toMatchObject({ code: 'file_changed' });
  });

  it('sends an empty file', async () => {
    const empty = join(folder, 'empty.mp4');
    await writeFile(empty, '');
    expect(await upload(open(), { route, file: empty })).toMatchObject({ size: 0, bytesSent: 0, verified: true });
  });
});

describe('where Storage is not', () => {
  it('names the host and port', async () => {
    const connection = open('http://127.0.0.1:9');
    const policy = { ...clocks, directMaxBytes: 1, maxRetries: 0 };
    const failing = upload(connection, { policy });
    await expect(failing).rejects.toMatchObject({ code: 'storage_unreachable' });
    await expect(failing).rejects.toThrowError(/127.0.0.1:9/);
  });
});

describe('a download', () => {
  it('takes up a broken connection where it broke', async () => {
    const { path } = await upload(open());
    const { connection, proxy } = await behind(({ count, path: asked }) =>
      asked.includes('/object/authenticated/') && count === 1
        ? { kind: 'cut-answer', afterBytes: 1_000_000 }
        : { kind: 'pass' },
    );
    const target = join(folder, 'resumed');
    let received = 0;
    const result = await downloadFile({
      connection,
      bucket: BUCKET,
      path,
      file: target,
      clocks,
      maxRetries: 3,
      onProgress: (bytes) => {
        received = bytes;
      },
    });
    expect(result).toMatchObject({ size: SIZE, sha256 });
    expect(received).toBe(SIZE);
    expect(proxy.seen.filter((line) => line.includes('/object/authenticated/'))).toHaveLength(2);
  });

  it('says that there is no such object', async () => {
    const target = join(folder, 'none');
    const options = { connection: open(), bucket: BUCKET, path: 'none.mp4', file: target, clocks, maxRetries: 3 };
    await expect(downloadFile(options)).rejects.toMatchObject({ code: 'object_missing' });
  });
});

it('keeps the defaults that people know', () => {
  const { upload: policy } = stackConfig();
  expect(policy).toMatchObject({ timeoutMs: 600_000, maxRetries: 3, directMaxBytes: 100_000_000, stallMs: 60_000 });
});
