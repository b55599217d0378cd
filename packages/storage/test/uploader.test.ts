/** The direct and the stream route against the stack, and behind a proxy that breaks one thing at a time. */
import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import type { RetryNotice } from '@supabase-media/core/retry';
import type { FaultRule } from '@supabase-media/test-support/fault-proxy';
import { randomContent, SEED } from '@supabase-media/test-support/random';
import { uniquePath } from '@supabase-media/test-support/stack';
import { openWorkshop, POLICY, SOURCES, TIMEOUTS, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StorageConnection } from '../src/connection.ts';
import { downloadFile } from '../src/download.ts';
import { removeObject } from '../src/expected-object.ts';
import { sha256OfFile } from '../src/file-checksum.ts';
import { readObjectInfo } from '../src/object-info.ts';
import { openSourceFile } from '../src/source-file.ts';

const SIZE = 3_000_000;

let shop: UploadWorkshop;
beforeAll(async () => {
  shop = await openWorkshop({ seed: SEED, size: SIZE });
});
afterEach(() => shop.endTest());
afterAll(() => shop.close());

const isUpload = ({ method, path }: { method: string; path: string }): boolean =>
  (method === 'POST' || method === 'PUT') && path.startsWith('/storage/v1/object/project-videos');

describe.each(['direct', 'stream'] as const)('the %s route', (route) => {
  it('puts the file there, byte for byte, and says so', async () => {
    const connection = shop.open();
    const seen: number[] = [];
    const result = await shop.upload(connection, { route, onProgress: (sent) => seen.push(sent) });
    expect(result).toMatchObject({ size: SIZE, route, attempts: 1, bytesSent: SIZE, verified: 'md5' });
    expect(seen.at(-1)).toBe(SIZE);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
    const info = await readObjectInfo(connection, result);
    expect(info).toMatchObject({ size: SIZE, contentType: 'video/mp4' });
  });

  it('refuses to replace an object unless told to, without trying again', async () => {
    const connection = shop.open();
    const { path } = await shop.upload(connection, { route });
    await expect(shop.upload(connection, { route, path })).rejects.toMatchObject({ code: 'object_exists' });
    expect((await shop.upload(connection, { route, path, upsert: true })).attempts).toBe(1);
  });

  it.each([
    ['a bucket that is not there', { bucket: 'no-such-bucket' }, 'bucket_missing'],
    ['a type the bucket does not take', { contentType: 'text/plain' }, 'content_type_refused'],
    ['a path that would name another object', { path: 'a/../b.mp4' }, 'key_refused'],
    ['a path with a character that Storage refuses', { path: 'é.mp4' }, 'key_refused'],
    ['a file that is not there', { file: '/no/such/file' }, 'file_missing'],
  ])('refuses %s', async (_what, changes, code) => {
    await expect(shop.upload(shop.open(), { route, ...changes })).rejects.toMatchObject({ code });
  });

  it('sends the file anew after a broken connection', async () => {
    const rule: FaultRule = (request) =>
      isUpload(request) && request.count === 1 ? { kind: 'cut', afterBytes: SIZE / 2 } : { kind: 'pass' };
    const { connection } = await shop.behind(rule);
    const waits: string[] = [];
    const result = await shop.upload(connection, { route, onRetry: ({ error }) => waits.push(error.code) });
    expect(waits).toEqual(['upload_interrupted']);
    expect(result.attempts).toBe(2);
    expect(result.bytesSent).toBeGreaterThan(SIZE);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it.each([
    ['a lost connection', undefined],
    ['502', 502],
    ['504', 504],
  ])('sends nothing twice when only the answer was lost (%s)', async (_what, status) => {
    const fault = status === undefined ? {} : { status };
    const rule: FaultRule = (request) => (isUpload(request) ? { kind: 'lose-answer', ...fault } : { kind: 'pass' });
    const { connection } = await shop.behind(rule);
    const result = await shop.upload(connection, { route });
    expect(result).toMatchObject({ attempts: 1, bytesSent: SIZE });
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('waits as long as a busy server asks', async () => {
    const rule: FaultRule = (request) =>
      isUpload(request) && request.count === 1
        ? { kind: 'answer', status: 429, headers: { 'retry-after': '2' }, afterBody: true }
        : { kind: 'pass' };
    const { connection } = await shop.behind(rule);
    const waits: number[] = [];
    await shop.upload(connection, { route, onRetry: ({ waitMs }) => waits.push(waitMs) });
    expect(waits[0]).toBeGreaterThanOrEqual(2000);
  });

  it('knows the 413 of an edge from the 413 of Storage, and tries neither again', async () => {
    const edge = await shop.behind((request) =>
      isUpload(request)
        ? { kind: 'answer', status: 413, body: '<html>413 Request Entity Too Large</html>' }
        : { kind: 'pass' },
    );
    await expect(shop.upload(edge.connection, { route })).rejects.toMatchObject({ code: 'edge_too_large' });
    expect(edge.proxy.seen.filter((line) => line.startsWith('POST'))).toHaveLength(1);

    const body = JSON.stringify({
      statusCode: '413',
      error: 'Payload too large',
      message: 'x',
      code: 'EntityTooLarge',
    });
    const own = await shop.behind((request) =>
      isUpload(request) ? { kind: 'answer', status: 400, body } : { kind: 'pass' },
    );
    await expect(shop.upload(own.connection, { route })).rejects.toMatchObject({ code: 'object_too_large' });
  });

  it('ends a request in which no byte goes through', async () => {
    const { connection } = await shop.behind((request) =>
      isUpload(request) ? { kind: 'stall', afterBytes: 65_536 } : { kind: 'pass' },
    );
    const large = join(shop.folder, 'large.mp4');
    await writeFile(large, '');
    await truncate(large, 50_000_000);
    const policy = { ...POLICY, stallMs: 300, maxRetries: 0 };
    const stalled = shop.upload(connection, { route, file: large, policy });
    await expect(stalled).rejects.toMatchObject({ code: 'upload_stalled' });
    await expect(stalled).rejects.toThrowError(/of 50.0 MB/);
  });

  it('ends a request that takes too long', async () => {
    const { connection } = await shop.behind((request) =>
      isUpload(request) ? { kind: 'stall', afterBytes: 65_536 } : { kind: 'pass' },
    );
    const policy = { ...POLICY, timeoutMs: 300, maxRetries: 0 };
    await expect(shop.upload(connection, { route, policy })).rejects.toMatchObject({ code: 'upload_timeout' });
  });

  it('ends within a second when it is told to', async () => {
    const controller = new AbortController();
    const { connection } = await shop.behind((request) => {
      if (!isUpload(request)) return { kind: 'pass' };
      setImmediate(() => controller.abort());
      return { kind: 'stall', afterBytes: 65_536 };
    });
    const started = performance.now();
    const upon = shop.upload(connection, { route, signal: controller.signal });
    await expect(upon).rejects.toMatchObject({ code: 'aborted' });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('says when the file changed while it was sent', async () => {
    const changing = join(shop.folder, `changing-${route}.mp4`);
    await writeFile(changing, randomContent(SEED, SIZE));
    const { connection } = await shop.behind((request) => {
      if (isUpload(request)) void appendFile(changing, 'more');
      return { kind: 'pass' };
    });
    const path = uniquePath('changing.mp4');
    await expect(shop.upload(connection, { route, path, file: changing })).rejects.toMatchObject({
      code: 'file_changed',
    });
    // What was sent is no version of the file, and would be in the way of the next try.
    expect(await readObjectInfo(connection, { bucket: SOURCES, path })).toBeUndefined();
  });

  it('sends an empty file', async () => {
    const empty = join(shop.folder, 'empty.mp4');
    await writeFile(empty, '');
    expect(await shop.upload(shop.open(), { route, file: empty })).toMatchObject({
      size: 0,
      bytesSent: 0,
      verified: 'md5',
    });
  });
});

describe('keys with characters that mean something in an address', () => {
  const KEYS = ['a?v=2', 'a&b=c+d', 'ends with a space ', 'v=1;a,b@c:d'];

  it.each(KEYS)('name their own object, also in a download and a removal: %j', async (name) => {
    const connection = shop.open();
    for (const route of ['direct', 'stream', 'resumable'] as const) {
      const path = uniquePath(name);
      await shop.upload(connection, { route, path });
      expect(await listed(connection, path)).toEqual([name]);
      expect(await shop.digestOf(path)).toBe(shop.sha256);
      await removeObject({ connection, bucket: SOURCES, path });
      expect(await listed(connection, path)).toEqual([]);
    }
  });

  it('leave the object alone that a query would name', async () => {
    const connection = shop.open();
    const { path } = await shop.upload(connection, { route: 'stream' });
    const other = join(shop.folder, 'other.mp4');
    await writeFile(other, randomContent(SEED + 1, 1000));
    await shop.upload(connection, { route: 'direct', path: `${path}?v=2`, file: other, upsert: true });
    expect(await shop.digestOf(path)).toBe(shop.sha256);
  });

  it.each(['direct', 'stream', 'resumable'] as const)('are refused before a byte is sent (%s)', async (route) => {
    const { connection, proxy } = await shop.behind(() => ({ kind: 'pass' }));
    for (const name of ['a#b', 'a%20b', 'a%2Fb'])
      await expect(shop.upload(connection, { route, path: uniquePath(name) })).rejects.toMatchObject({
        code: 'key_refused',
      });
    expect(proxy.seen).toEqual([]);
  });
});

/** The names in the folder of an object, as Storage lists them. */
async function listed(connection: StorageConnection, path: string): Promise<string[]> {
  const answer = await connection.transport.send({
    method: 'POST',
    url: `${connection.storageUrl}/object/list/${SOURCES}`,
    headers: { ...connection.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ prefix: dirname(path), limit: 10 }),
    timeouts: TIMEOUTS,
    action: 'Listing',
  });
  return (JSON.parse(answer.body) as { name: string }[]).map(({ name }) => name);
}

describe('where Storage is not', () => {
  it('names the host and port', async () => {
    const connection = shop.open('http://127.0.0.1:9');
    const policy = { ...POLICY, directMaxBytes: 1, maxRetries: 0 };
    const failing = shop.upload(connection, { policy });
    await expect(failing).rejects.toMatchObject({ code: 'storage_unreachable' });
    await expect(failing).rejects.toThrowError(/127.0.0.1:9/);
  });
});

describe('a download', () => {
  it('takes up a broken connection where it broke', async () => {
    const { path } = await shop.upload(shop.open());
    const { connection, proxy } = await shop.behind(({ count, path: asked }) =>
      asked.includes('/object/authenticated/') && count === 1
        ? { kind: 'cut-answer', afterBytes: 1_000_000 }
        : { kind: 'pass' },
    );
    const target = join(shop.folder, 'resumed');
    let received = 0;
    const result = await downloadFile({
      connection,
      bucket: SOURCES,
      path,
      file: target,
      timeouts: TIMEOUTS,
      maxRetries: 3,
      onProgress: (bytes) => {
        received = bytes;
      },
    });
    expect(result).toMatchObject({ size: SIZE });
    expect(await sha256OfFile(await openSourceFile(target))).toBe(shop.sha256);
    expect(received).toBe(SIZE);
    expect(proxy.seen.filter((line) => line.includes('/object/authenticated/'))).toHaveLength(2);
  });

  it('goes on over a slow link for as long as each request brings some of it', async () => {
    const { path } = await shop.upload(shop.open());
    const { connection, proxy } = await shop.behind(() => ({ kind: 'stall-answer', afterBytes: 800_000 }));
    const file = join(shop.folder, 'slow');
    const waits: string[] = [];
    const onRetry = ({ error }: RetryNotice) => waits.push(error.code);
    const timeouts = { ...TIMEOUTS, timeoutMs: 400 };
    const options = { connection, bucket: SOURCES, path, file, timeouts, maxRetries: 1, onRetry };
    expect(await downloadFile(options)).toMatchObject({ size: SIZE });
    expect(await sha256OfFile(await openSourceFile(file))).toBe(shop.sha256);
    expect(waits.length).toBeGreaterThan(2);
    expect(new Set(waits)).toEqual(new Set(['download_failed']));
    expect(proxy.seen).toHaveLength(waits.length + 1);
  });

  it('gives up where a request brings nothing that an earlier one had not', async () => {
    const { path } = await shop.upload(shop.open());
    const { connection, proxy } = await shop.behind(({ count }) =>
      count === 1 ? { kind: 'stall-answer', afterBytes: 800_000 } : { kind: 'answer', status: 502 },
    );
    const file = join(shop.folder, 'stuck');
    const timeouts = { ...TIMEOUTS, timeoutMs: 400 };
    const options = { connection, bucket: SOURCES, path, file, timeouts, maxRetries: 1 };
    await expect(downloadFile(options)).rejects.toMatchObject({ code: 'download_failed' });
    expect(proxy.seen).toHaveLength(2);
  });

  it('ends before a byte is written where there is no room, without a second try', async () => {
    const { path } = await shop.upload(shop.open());
    const { connection, proxy } = await shop.behind(() => ({ kind: 'pass' }));
    const file = join(shop.folder, 'no-room');
    const onSize = () => {
      throw new MediaError({ code: 'disk_full', message: 'no room' });
    };
    const options = { connection, bucket: SOURCES, path, file, timeouts: TIMEOUTS, maxRetries: 3, onSize };
    await expect(downloadFile(options)).rejects.toMatchObject({ code: 'disk_full', message: 'no room' });
    expect(proxy.seen).toHaveLength(1);
  });

  it('says that there is no such object', async () => {
    const target = join(shop.folder, 'none');
    const options = {
      connection: shop.open(),
      bucket: SOURCES,
      path: 'none.mp4',
      file: target,
      timeouts: TIMEOUTS,
      maxRetries: 3,
    };
    await expect(downloadFile(options)).rejects.toMatchObject({ code: 'object_missing' });
  });
});
