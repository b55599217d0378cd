/**
 * What "verified" means, on a Storage that keeps files and on one that keeps objects in S3: a bit that is flipped on the
 * way is never accepted, and an ETag alone never condemns an object.
 */
import { join } from 'node:path';
import type { FaultRule, SeenRequest } from '@supabase-media/test-support/fault-proxy';
import { SEED } from '@supabase-media/test-support/random';
import { startOwnStack, uniquePath } from '@supabase-media/test-support/stack';
import { openWorkshop, POLICY, SOURCES, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readObjectInfo } from '../src/object-info.ts';
import { openResumeStore } from '../src/resume-store.ts';
import { readText, writeText } from '../src/text-objects.ts';

/** Three parts over REST. */
const SIZE = 40_000_000;
const SMALL = 1_000_000;

const PASS = { kind: 'pass' } as const;
const ROUTES = ['direct', 'stream', 'resumable'] as const;

const carriesFile = ({ method, path, bytes }: SeenRequest): boolean =>
  bytes > 0 && (method === 'PATCH' || (method !== 'GET' && path.startsWith(`/storage/v1/object/${SOURCES}/`)));
const isRead = (line: string): boolean => line.startsWith('GET') && line.includes('/object/authenticated/');
const isRemoval = (line: string): boolean => line.startsWith('DELETE') && line.includes('/object/');

describe.each([
  { backend: 'file', proof: 'md5' },
  { backend: 's3', proof: 'multipart-etag' },
] as const)('on the $backend backend', ({ backend, proof }) => {
  let stopStack: () => Promise<void>;
  let shop: UploadWorkshop;
  let small: UploadWorkshop;
  beforeAll(async () => {
    stopStack = await startOwnStack(backend === 'file' ? [] : ['--backend', backend]);
    shop = await openWorkshop({ seed: SEED, size: SIZE });
    small = await openWorkshop({ seed: SEED, size: SMALL });
  }, 60_000);
  afterEach(async () => {
    await shop.endTest();
    await small.endTest();
  });
  afterAll(async () => {
    await shop?.close();
    await small?.close();
    await stopStack?.();
  });

  const stateOf = (name: string) => openResumeStore(join(shop.folder, name));

  it.each(ROUTES)('the ETag proves what came by the %s route', async (route) => {
    const { connection, proxy } = await shop.behind(() => PASS);
    expect(await shop.upload(connection, { route })).toMatchObject({ attempts: 1, bytesSent: SIZE, verified: proof });
    expect(proxy.seen.filter(isRead)).toEqual([]);
    expect(await small.upload(small.open(), { route: 'direct' })).toMatchObject({ verified: 'md5' });
  });

  it.each(['md5', 'multipart'] as const)('the ETag proves it also where %s was expected', async (likelyEtags) => {
    const { connection, proxy } = await shop.behind(() => PASS);
    const resumeStore = stateOf(`likely-${likelyEtags}`);
    expect(await shop.upload(connection, { likelyEtags, resumeStore })).toMatchObject({ attempts: 1, verified: proof });
    expect(proxy.seen.filter(isRead)).toEqual([]);
  });

  it('the ETag proves a resumable upload that was cut, and one in small chunks', async () => {
    let patches = 0;
    const { connection, proxy } = await shop.behind(({ method }) =>
      method === 'PATCH' && ++patches === 1 ? { kind: 'cut', afterBytes: 23_000_000 } : PASS,
    );
    expect(await shop.upload(connection, { route: 'resumable' })).toMatchObject({ attempts: 2, verified: proof });
    const policy = { ...POLICY, chunkBytes: 6 * 1024 * 1024 };
    expect(await shop.upload(connection, { route: 'resumable', policy })).toMatchObject({ verified: proof });
    expect(proxy.seen.filter(isRead)).toEqual([]);
  });

  it.each(ROUTES)('a bit flipped on the %s route is found; the object is removed and sent again', async (route) => {
    let bodies = 0;
    const rule: FaultRule = (request) =>
      carriesFile(request) && ++bodies === 1 ? { kind: 'flip-bit', at: 31_234_567 } : PASS;
    const { connection, proxy } = await shop.behind(rule);
    const retries: string[] = [];
    const result = await shop.upload(connection, { route, onRetry: ({ error }) => retries.push(error.message) });
    expect(result).toMatchObject({ attempts: 2, bytesSent: 2 * SIZE, verified: proof });
    expect(retries).toEqual([expect.stringContaining('other bytes from 31234567 on')]);
    expect(proxy.seen.filter(isRemoval)).toHaveLength(1);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('a bit flipped in a text is found, and the text written again', async () => {
    let bodies = 0;
    const { connection } = await small.behind((request) =>
      carriesFile(request) && ++bodies === 1 ? { kind: 'flip-bit', at: 3 } : PASS,
    );
    const place = { bucket: SOURCES, path: uniquePath('playlist.m3u8') };
    await writeText(connection, { ...place, text: '#EXTM3U', contentType: 'video/mp4' });
    expect([bodies, await readText(connection, place)]).toEqual([2, '#EXTM3U']);
  });

  it('a bit that is flipped each time is an error, and nothing is left for the file', async () => {
    const { connection } = await small.behind((request) => (carriesFile(request) ? { kind: 'flip-bit', at: 0 } : PASS));
    const path = uniquePath('flipped.mp4');
    const policy = { ...POLICY, maxRetries: 1 };
    await expect(small.upload(connection, { path, policy })).rejects.toMatchObject({ code: 'upload_mismatch' });
    expect(await readObjectInfo(small.open(), { bucket: SOURCES, path })).toBeUndefined();
  });

  it('an ETag that is no MD5 is no reason to remove what is right, and costs one reading of small files an hour', async () => {
    const { connection, proxy } = await small.behind(({ path }) =>
      path.includes('/object/info/')
        ? { kind: 'alter-answer', from: /"etag":"(\\")?[0-9a-f]{32}(-\d+)?/, to: `"etag":"$1${'0'.repeat(32)}` }
        : PASS,
    );
    const resumeStore = stateOf('scrambled');
    const upload = (workshop: UploadWorkshop) => workshop.upload(connection, { resumeStore, file: workshop.file });
    expect(await upload(small)).toMatchObject({ attempts: 1, bytesSent: SMALL, verified: 'readback' });
    expect(await upload(small)).toMatchObject({ attempts: 1, verified: 'size' });
    expect(proxy.seen.filter(isRead)).toHaveLength(1);
    expect(await upload(shop)).toMatchObject({ attempts: 1, bytesSent: SIZE, verified: 'readback' });
    expect(proxy.seen.filter(isRemoval)).toEqual([]);
  });

  it('parts of a size that nobody knows are followed by reading back', async () => {
    const { connection } = await shop.behind(({ path }) =>
      path.includes('/object/info/')
        ? { kind: 'alter-answer', from: /"etag":"(\\")?[0-9a-f]{32}(-\d+)?/, to: `"etag":"$1${'0'.repeat(32)}-7` }
        : PASS,
    );
    expect(await shop.upload(connection)).toMatchObject({ attempts: 1, verified: 'readback' });
    const policy = { ...POLICY, verify: 'size' } as const;
    expect(await shop.upload(connection, { policy })).toMatchObject({ attempts: 1, verified: 'size' });
  });

  it('reading back goes on where its connection broke', async () => {
    const { connection, proxy } = await shop.behind(({ method, path, count }) =>
      method === 'GET' && path.includes('/object/authenticated/') && count === 1
        ? { kind: 'cut-answer', afterBytes: 20_000_000 }
        : PASS,
    );
    const policy = { ...POLICY, verify: 'readback' } as const;
    expect(await shop.upload(connection, { policy })).toMatchObject({ attempts: 1, verified: 'readback' });
    expect(proxy.seen.filter(isRead)).toHaveLength(2);
  });

  it('reading back that fails removes nothing, and the next run sends nothing', async () => {
    let isAway = true;
    const { connection, proxy } = await shop.behind(({ method, path }) =>
      isAway && method === 'GET' && path.includes('/object/authenticated/') ? { kind: 'answer', status: 503 } : PASS,
    );
    const path = uniquePath('unread.mp4');
    const options = { path, route: 'resumable', resumeStore: stateOf('unread') } as const;
    const policy = { ...POLICY, verify: 'readback', maxRetries: 1 } as const;
    await expect(shop.upload(connection, { ...options, policy })).rejects.toMatchObject({ code: 'storage_busy' });
    expect(proxy.seen.filter(isRemoval)).toEqual([]);
    isAway = false;
    expect(await shop.upload(connection, options)).toMatchObject({ bytesSent: 0 });
  });
});
