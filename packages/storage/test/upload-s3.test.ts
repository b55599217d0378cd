/** Resumable uploads to Storage with its S3 backend: a store that goes away, uploads that expire, cuts. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultRule, SeenRequest } from '@supabase-media/test-support/fault-proxy';
import { SEED } from '@supabase-media/test-support/random';
import { stackValue, startOwnStack, uniquePath } from '@supabase-media/test-support/stack';
import { openWorkshop, POLICY, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { afterEach, describe, expect, it } from 'vitest';
import { openResumeStore } from '../src/resume-store.ts';

const SIZE = 150_000_000;
const PART = 50 * 1024 * 1024;

let shop: UploadWorkshop;
let stop: () => Promise<void> = async () => {};
afterEach(() => shop.endTest());

const begin = async (size: number, ...args: string[]) => {
  stop = await startOwnStack(['--backend', 's3', ...args]);
  shop = await openWorkshop({ seed: SEED, size });
};
const end = async () => {
  await shop.close();
  await stop();
};

const isPatch = ({ method, path }: SeenRequest) => method === 'PATCH' && path.includes('/upload/resumable');

const askStack = async (path: string, body?: object): Promise<{ unfinished?: unknown[] }> => {
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/stack/storage${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${stackValue('SUPABASE_SERVICE_ROLE_KEY')}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the stack answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { unfinished?: unknown[] };
};

describe(`S3 (TEST_SEED=${SEED})`, () => {
  it('that is away for 3 s costs a part and what is on its way, and nothing is left behind', async () => {
    await begin(SIZE);
    try {
      const stateDir = join(shop.folder, 'away');
      const { connection, proxy } = await shop.behind((request) =>
        isPatch(request) ? { kind: 'throttle', bytesPerSecond: 40_000_000 } : { kind: 'pass' },
      );
      let left: Promise<unknown> | undefined;
      const waits: string[] = [];
      const result = await shop.upload(connection, {
        route: 'resumable',
        path: uniquePath('away.mp4'),
        policy: { ...POLICY, retryBaseMs: undefined },
        resumeStore: openResumeStore(stateDir),
        onRetry: ({ error }) => waits.push(error.code),
        onProgress: (position) => {
          if (position > SIZE / 2) left ??= askStack('/away', { seconds: 3 });
        },
      });
      await left;
      expect(waits).toContain('upload_away');
      expect(result.verified).toBe('multipart-etag');
      // The part that the store did not get, and what was on its way when Storage said so.
      expect(result.bytesSent).toBeLessThan(SIZE + 2 * PART);
      // The first upload was continued: no other took its place, or what did is ended.
      const creations = proxy.seen.filter((line) => /^POST .*resumable/.test(line)).length;
      const ends = proxy.seen.filter((line) => /^DELETE .*resumable/.test(line)).length;
      expect(ends).toBe(creations - 1);
      expect((await askStack('')).unfinished).toEqual([]);
      expect((await readdir(stateDir)).filter((name) => name.startsWith('upload-'))).toEqual([]);
      expect(await shop.digestOf(result.path)).toBe(shop.sha256);
    } finally {
      await end();
    }
  });

  it('that is away when the upload begins, and again in its middle, spends none of the retries', async () => {
    await begin(60_000_000);
    try {
      const { connection } = await shop.behind((request) =>
        isPatch(request) ? { kind: 'throttle', bytesPerSecond: 40_000_000 } : { kind: 'pass' },
      );
      await askStack('/away', { seconds: 2 });
      let left: Promise<unknown> | undefined;
      const waits: string[] = [];
      const result = await shop.upload(connection, {
        route: 'resumable',
        policy: { ...POLICY, retryBaseMs: 500, maxRetries: 0, outageRetries: { away: 20, failing: 20 } },
        onRetry: ({ error }) => waits.push(`${error.code} ${error.details.httpStatus}`),
        onProgress: (position) => {
          if (position > 10_000_000) left ??= askStack('/away', { seconds: 2 });
        },
      });
      await left;
      // To create the upload, and to append to it.
      expect(waits.filter((wait) => wait === 'storage_failed 500').length).toBeGreaterThanOrEqual(2);
      expect(result.verified).toBe('multipart-etag');
      expect((await askStack('')).unfinished).toEqual([]);
    } finally {
      await end();
    }
  });

  it('cut three times is sent once', async () => {
    await begin(SIZE);
    try {
      const cuts = [20_000_000, 63_000_000, 31_000_001];
      const rule: FaultRule = (request) => {
        const cut = isPatch(request) ? cuts.shift() : undefined;
        return cut === undefined ? { kind: 'pass' } : { kind: 'cut', afterBytes: cut };
      };
      const { connection } = await shop.behind(rule);
      const result = await shop.upload(connection, { route: 'resumable' });
      expect(result.verified).toBe('multipart-etag');
      // What sockets hold of a connection when it breaks, three times.
      expect(result.bytesSent).toBeLessThan(SIZE + 20_000_000);
      expect((await askStack('')).unfinished).toEqual([]);
      expect(await shop.digestOf(result.path)).toBe(shop.sha256);
    } finally {
      await end();
    }
  });

  it('keeps uploads for 2 s: two are begun at most, and the error says what to set', async () => {
    await begin(30_000_000, '--upload-expiry', '2');
    try {
      // Each request of a slow way is cut before its end.
      const { connection, proxy } = await shop.behind((request) =>
        isPatch(request) ? { kind: 'cut', afterBytes: 3_000_000 } : { kind: 'pass' },
      );
      const policy = { ...POLICY, retryBaseMs: 1500, maxRetries: 9 };
      await expect(shop.upload(connection, { route: 'resumable', policy })).rejects.toMatchObject({
        code: 'upload_expires_early',
        hint: expect.stringContaining('TUS_URL_EXPIRY_MS'),
      });
      expect(proxy.seen.filter((line) => /^POST .*resumable/.test(line))).toHaveLength(2);
      expect((await askStack('')).unfinished).toEqual([]);
    } finally {
      await end();
    }
  });
});
