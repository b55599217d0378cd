/** The resumable route against the stack, behind a proxy that breaks one thing at a time. Every rule has its test. */
import { appendFileSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaError } from '@supabase-media/core/errors';
import type { Fault, FaultRule, SeenRequest } from '@supabase-media/test-support/fault-proxy';
import { createRandom, SEED } from '@supabase-media/test-support/random';
import { uniquePath } from '@supabase-media/test-support/stack';
import { openWorkshop, POLICY, SOURCES, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readObjectInfo } from '../src/object-info.ts';
import { openResumeStore } from '../src/resume-store.ts';
import { terminateUpload } from '../src/tus.ts';
import type { UploadFileOptions } from '../src/uploader.ts';

const SIZE = 24_000_000;
const random = createRandom(SEED);

let shop: UploadWorkshop;
beforeAll(async () => {
  shop = await openWorkshop({ seed: SEED, size: SIZE });
});
afterEach(() => shop.endTest());
afterAll(() => shop.close());

/** What a TUS server puts on every answer, and no proxy does. */
const TUS = { 'tus-resumable': '1.0.0' };
/** Kong's answer while it knows no Storage. */
const NO_ROUTE = '{"message":"no Route matched with those values"}';
const PASS: Fault = { kind: 'pass' };
const isResumable = ({ path }: SeenRequest) => path.includes('/upload/resumable');
const isPatch = (request: SeenRequest) => request.method === 'PATCH' && isResumable(request);

/** Breaks the nth PATCH of one upload call, whichever upload at Storage it belongs to. */
function onPatch(nth: number, fault: Fault): FaultRule {
  let patches = 0;
  return (request) => (isPatch(request) && ++patches === nth ? fault : PASS);
}

/** Uploads by the resumable route behind a rule; tells what was waited for and what passed the proxy. */
const sendBehind = async (rule: FaultRule, changes: Partial<UploadFileOptions> = {}) => {
  const { connection, proxy } = await shop.behind(rule);
  const waits: string[] = [];
  const path = uniquePath('clip.mp4');
  const result = await shop.upload(connection, {
    route: 'resumable',
    path,
    onRetry: ({ error }) => waits.push(error.code),
    ...changes,
  });
  const methods = proxy.seen.filter((line) => line.includes('/upload/resumable')).map((line) => line.split(' ')[0]);
  return { result, waits, methods, path };
};

/** The files of a state that stand for unfinished uploads; others keep what a host taught. */
const unfinishedIn = async (stateDir: string): Promise<string[]> =>
  (await readdir(stateDir)).filter((name) => name.startsWith('upload-'));

describe(`the resumable route (TEST_SEED=${SEED})`, () => {
  it('sends everything in one PATCH and says so', async () => {
    const { result, methods } = await sendBehind(() => PASS);
    expect(result).toMatchObject({
      route: 'resumable',
      attempts: 1,
      bytesSent: SIZE,
      verified: 'md5',
      sha256: shop.sha256,
    });
    expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
    const info = await readObjectInfo(shop.open(), result);
    expect(info?.metadata).toMatchObject({ sha256: shop.sha256 });
  });

  it('goes on where a cut left it: three cuts cost next to nothing', async () => {
    const cuts = Array.from({ length: 3 }, () => Math.floor(random() * 6_000_000) + 500_000);
    const rule: FaultRule = (request) => {
      const cut = isPatch(request) ? cuts[request.count - 1] : undefined;
      return cut === undefined ? PASS : { kind: 'cut', afterBytes: cut };
    };
    const { result, waits } = await sendBehind(rule);
    expect(waits).toEqual(['upload_interrupted', 'upload_interrupted', 'upload_interrupted']);
    expect(result.attempts).toBe(4);
    // Bytes on their way when a connection dies are sent twice: what sockets and proxies buffer, not the file.
    expect(result.bytesSent).toBeLessThan(SIZE * 1.5);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('counts its tries anew after progress', async () => {
    const rule: FaultRule = (request) =>
      isPatch(request) && request.count <= 6 ? { kind: 'cut', afterBytes: 2_000_000 } : PASS;
    const { result } = await sendBehind(rule, { policy: { ...POLICY, maxRetries: 1 } });
    expect(result.attempts).toBe(7);
  });

  it('goes on from the last answer, not from what it sent, when the answer says less', async () => {
    const rule = onPatch(1, { kind: 'rewrite-headers', headers: { 'upload-offset': '5000000' } });
    // The server is ahead of what the rewritten answer says; it refuses the offset, and is asked where it stands.
    const { result, waits } = await sendBehind(rule);
    expect(waits).toEqual([]);
    expect(result.verified).toBe('md5');
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it.each([
    ['409, another offset', { status: 409, body: 'Upload-Offset conflict', headers: TUS }, 'upload_conflict'],
    ['423, locked', { status: 423, body: 'Locked', headers: TUS }, 'upload_locked'],
    [
      '500 in JSON',
      { status: 500, body: '{"statusCode":"500","message":"x","code":"InternalError"}' },
      'storage_failed',
    ],
    ['502 in HTML', { status: 502, body: '<html>Bad Gateway</html>' }, 'gateway_failed'],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }, 'storage_busy'],
    ['504 without a word', { status: 504 }, 'gateway_failed'],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }, 'storage_busy'],
    ['the 404 of a proxy that has no Storage', { status: 404, body: '404 page not found' }, 'storage_unreachable'],
    ['the 404 of a gateway without a route', { status: 404, body: NO_ROUTE }, 'storage_unreachable'],
    ['the 408 of an edge', { status: 408 }, 'upload_interrupted'],
    ['the 410 of an edge', { status: 410, body: '<html>Gone</html>' }, 'storage_failed'],
  ])('asks where Storage stands and goes on after %s', async (_what, answer, code) => {
    const { result, waits, methods } = await sendBehind(onPatch(1, { kind: 'answer', ...answer }));
    expect(waits).toEqual([code]);
    expect(methods.slice(0, 5)).toEqual(['OPTIONS', 'POST', 'PATCH', 'HEAD', 'PATCH']);
    // A conflict also makes the chunks smaller: two of them for what is left here.
    expect(methods).toHaveLength(code === 'upload_conflict' ? 6 : 5);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('begins anew when Storage says that the upload is gone for good, and ends what is left of it', async () => {
    const { result, waits, methods } = await sendBehind(onPatch(1, { kind: 'answer', status: 410, headers: TUS }));
    expect(waits).toEqual(['upload_expired']);
    expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH', 'DELETE', 'POST', 'PATCH']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('asks again when Storage does not know an upload that has not expired', async () => {
    const { result, waits, methods } = await sendBehind(onPatch(1, { kind: 'answer', status: 404, headers: TUS }));
    expect(waits).toEqual(['upload_away']);
    expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH', 'HEAD', 'PATCH']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('keeps its place while the store behind Storage is away, however long beyond its retries', async () => {
    const cut = onPatch(1, { kind: 'cut', afterBytes: 8_000_000 });
    let questions = 7;
    let creations = 0;
    const rule: FaultRule = (request) => {
      if (!isResumable(request)) return PASS;
      if (request.method === 'POST' && ++creations > 1 && questions > 0) return { kind: 'answer', status: 500 };
      if (request.method === 'HEAD' && questions-- > 0) return { kind: 'answer', status: 404, headers: TUS };
      return cut(request);
    };
    const { result, waits, methods } = await sendBehind(rule);
    expect(waits).toEqual(['upload_interrupted', ...Array(6).fill('upload_away')]);
    expect(result.bytesSent).toBeLessThan(SIZE * 1.3);
    expect(methods.filter((method) => method === 'PATCH')).toHaveLength(2);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('ends the upload that showed it that the store is back', async () => {
    const cut = onPatch(1, { kind: 'cut', afterBytes: 8_000_000 });
    let questions = 5;
    const rule: FaultRule = (request) =>
      request.method === 'HEAD' && isResumable(request) && questions-- > 0
        ? { kind: 'answer', status: 404, headers: TUS }
        : cut(request);
    const { result, methods } = await sendBehind(rule);
    expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH', ...Array(5).fill('HEAD'), 'POST', 'HEAD', 'DELETE', 'PATCH']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('begins anew once when an upload expires, in one request, and says what to set when it does so again', async () => {
    const life = { 'upload-expires': 'Sat, 21 Nov 2026 00:00:12 GMT', date: 'Sat, 21 Nov 2026 00:00:00 GMT' };
    const chunkBytes = 6 * 1024 * 1024;
    let patches = 0;
    const rule: FaultRule = (request) => {
      if (!isResumable(request)) return PASS;
      if (request.method === 'POST') return { kind: 'rewrite-headers', headers: life };
      if (request.method === 'HEAD') return { kind: 'answer', status: 410, headers: TUS };
      // The second chunk of the first upload, then the only request of the second.
      return isPatch(request) && ++patches > 1 ? { kind: 'cut', afterBytes: 2_000_000 } : PASS;
    };
    const { connection, proxy } = await shop.behind(rule);
    const stateDir = join(shop.folder, 'expiring');
    const policy = { ...POLICY, chunkBytes };
    const options = { route: 'resumable', policy, resumeStore: openResumeStore(stateDir) } as const;
    const refused = shop.upload(connection, options);
    await expect(refused).rejects.toMatchObject({
      code: 'upload_expires_early',
      hint: expect.stringContaining('TUS_URL_EXPIRY_MS'),
      details: { lifeMs: 12_000, fileBytes: SIZE },
    });
    await expect(refused).rejects.toThrowError(/unfinished upload for 12 s, in which .* of 24.0 MB arrived/);
    const methods = proxy.seen.filter((line) => line.includes('resumable')).map((line) => line.split(' ')[0]);
    expect(methods).toEqual('OPTIONS POST PATCH PATCH HEAD DELETE POST PATCH HEAD DELETE'.split(' '));
    expect(await readdir(stateDir)).toEqual([]);
  });

  it('sends smaller parts where Storage refuses a large one, and keeps single requests', async () => {
    const rule: FaultRule = (request) =>
      isPatch(request) && request.bytes > 13_000_000
        ? { kind: 'answer', status: 400, body: 'chunk size', headers: TUS }
        : PASS;
    const { connection, proxy } = await shop.behind(rule);
    const resumeStore = openResumeStore(join(shop.folder, 'parts'));
    const sizes: number[] = [];
    const options = { resumeStore, onChunkSize: (bytes: number) => sizes.push(bytes) };
    const first = await shop.upload(connection, { ...options, route: 'resumable' });
    expect(sizes).toEqual([12 * 1024 * 1024]);
    expect(await shop.digestOf(first.path)).toBe(shop.sha256);
    const before = proxy.seen.length;
    await shop.upload(connection, { ...options, route: 'resumable' });
    expect(sizes).toHaveLength(1);
    expect(proxy.seen.slice(before).filter((line) => line.startsWith('PATCH'))).toHaveLength(2);
    expect(await shop.upload(connection, options)).toMatchObject({ route: 'direct' });
  });

  it('goes back to one request where resumable uploads are not let through', async () => {
    const { connection } = await shop.behind((request) =>
      request.method === 'POST' && isResumable(request) ? { kind: 'answer', status: 405, body: '<html>' } : PASS,
    );
    const policy = { ...POLICY, directMaxBytes: 1_000_000 };
    const routes: string[] = [];
    const result = await shop.upload(connection, { policy, onRoute: ({ route }) => routes.push(route) });
    expect(routes).toEqual(['resumable', 'stream']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
    await expect(shop.upload(connection, { route: 'resumable' })).rejects.toMatchObject({ code: 'storage_refused' });
  });

  it('sends less at once when nothing of a large body was kept', async () => {
    const rule: FaultRule = (request) => {
      if (isPatch(request) && request.bytes > 13_000_000) return { kind: 'hold-back', ms: 300 };
      return PASS;
    };
    const { result, waits, methods } = await sendBehind(rule);
    expect(waits).toEqual(['upload_interrupted']);
    expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH', 'HEAD', 'PATCH', 'PATCH']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('keeps its place when a proxy says that nothing is there', async () => {
    const cut = onPatch(1, { kind: 'cut', afterBytes: 8_000_000 });
    const rule: FaultRule = (request) =>
      request.method === 'HEAD' && isResumable(request) && request.count === 1
        ? { kind: 'answer', status: 404, body: '404 page not found' }
        : cut(request);
    const { result, waits, methods } = await sendBehind(rule);
    expect(waits).toEqual(['upload_interrupted', 'storage_unreachable']);
    expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH', 'HEAD', 'HEAD', 'PATCH']);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('tries again when a proxy says that there is no place to begin at', async () => {
    const rule: FaultRule = (request) =>
      request.method === 'POST' && isResumable(request) && request.count === 1
        ? { kind: 'answer', status: 404, body: '404 page not found' }
        : PASS;
    const { waits, methods } = await sendBehind(rule);
    expect(waits).toEqual(['storage_unreachable']);
    expect(methods).toEqual(['OPTIONS', 'POST', 'POST', 'PATCH']);
  });

  it('does not send again what was stored though its answer was lost', async () => {
    for (const status of [undefined, 502, 504]) {
      const { result, methods } = await sendBehind(onPatch(1, { kind: 'lose-answer', ...(status && { status }) }));
      expect(result).toMatchObject({ attempts: 1, bytesSent: SIZE, verified: 'md5' });
      expect(methods).toEqual(['OPTIONS', 'POST', 'PATCH']);
    }
  });

  it('gives up an upload of which Storage lost acknowledged bytes, and begins anew', async () => {
    const cutSecond = onPatch(2, { kind: 'cut', afterBytes: 1_000_000 });
    let questions = 0;
    const rule: FaultRule = (request) => {
      if (request.method === 'HEAD' && isResumable(request) && ++questions === 1)
        return { kind: 'rewrite-headers', headers: { 'upload-offset': '0' } };
      return cutSecond(request);
    };
    const policy = { ...POLICY, chunkBytes: 6 * 1024 * 1024 };
    const { result, waits, methods } = await sendBehind(rule, { policy });
    expect(waits).toEqual(['upload_interrupted', 'upload_untrusted']);
    expect(methods).toContain('DELETE');
    // What went into the upload that was given up was sent all the same.
    expect(result.bytesSent).toBeGreaterThan(SIZE + 6_000_000);
    expect(methods.filter((method) => method === 'POST')).toHaveLength(2);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('keeps to its own address whatever Location says', async () => {
    const rule: FaultRule = (request) =>
      request.method === 'POST' && isResumable(request)
        ? { kind: 'rewrite-location', origin: 'https://storage.internal:5000/storage/v1' }
        : PASS;
    const { result } = await sendBehind(rule);
    expect(result.verified).toBe('md5');
  });

  it('finds the size that a proxy lets through, and remembers it for the host', async () => {
    const limit = 15_000_000;
    const rule: FaultRule = (request) =>
      request.bytes > limit ? { kind: 'answer', status: 413, body: '<html>413</html>' } : PASS;
    const { connection, proxy } = await shop.behind(rule);
    const resumeStore = openResumeStore(join(shop.folder, 'remembering'));
    const sizes: number[] = [];
    const options = { resumeStore, onChunkSize: (bytes: number) => sizes.push(bytes) };
    // No setting at all: the direct route is refused, and smaller requests follow by themselves.
    const first = await shop.upload(connection, options);
    expect(first).toMatchObject({ route: 'resumable', verified: 'md5' });
    expect(sizes.at(-1)).toBeLessThanOrEqual(limit);
    const refusals = sizes.length;
    const before = proxy.seen.length;
    const second = await shop.upload(connection, options);
    expect(second.route).toBe('resumable');
    expect(second.reason).toContain('refused');
    expect(sizes).toHaveLength(refusals);
    expect(proxy.seen.slice(before).filter((line) => line.startsWith('POST /storage/v1/object'))).toEqual([]);
    expect(await shop.digestOf(second.path)).toBe(shop.sha256);
  });

  it('says that an edge refuses even the smallest chunk', async () => {
    const rule: FaultRule = (request) => (request.bytes > 900_000 ? { kind: 'answer', status: 413 } : PASS);
    await expect(sendBehind(rule)).rejects.toMatchObject({ code: 'edge_too_large' });
  });

  it('carries the words of Storage where it refuses, without a second try', async () => {
    const cases: [Partial<UploadFileOptions>, string][] = [
      [{ contentType: 'text/plain' }, 'content_type_refused'],
      [{ bucket: 'no-such-bucket' }, 'bucket_missing'],
    ];
    for (const [changes, code] of cases) await expect(sendBehind(() => PASS, changes)).rejects.toMatchObject({ code });
  });

  it('refuses to replace an object unless told to; then x-upsert is on every request', async () => {
    const { path } = await sendBehind(() => PASS);
    await expect(sendBehind(() => PASS, { path })).rejects.toMatchObject({ code: 'object_exists' });
    const { result } = await sendBehind(onPatch(1, { kind: 'cut', afterBytes: 3_000_000 }), { path, upsert: true });
    expect(result).toMatchObject({ attempts: 2, verified: 'md5' });
  });

  it('never asks for the offset while a PATCH runs', async () => {
    let running = 0;
    let asked = 0;
    const { connection } = await shop.behind((request) => {
      if (isPatch(request)) {
        running++;
        return request.count === 1
          ? { kind: 'cut', afterBytes: 4_000_000 }
          : { kind: 'throttle', bytesPerSecond: 20_000_000 };
      }
      if (request.method === 'HEAD' && isResumable(request)) asked += running > 1 ? 1 : 0;
      return PASS;
    });
    await shop.upload(connection, { route: 'resumable' });
    expect(asked).toBe(0);
  });
});

describe('clocks of the resumable route', () => {
  it.each([
    ['no byte goes through', { kind: 'stall', afterBytes: 3_000_000 }, { stallMs: 400 }, 'upload_stalled'],
    ['a request takes too long', { kind: 'throttle', bytesPerSecond: 5_000_000 }, { timeoutMs: 800 }, 'upload_timeout'],
  ] as const)('end a request in which %s, and the next goes on', async (_what, fault, timeouts, code) => {
    const { result, waits } = await sendBehind(onPatch(1, fault), { policy: { ...POLICY, ...timeouts } });
    expect(waits[0]).toBe(code);
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('end the silence after the last byte, and look before anything is sent again', async () => {
    const { connection, proxy } = await shop.behind(onPatch(1, { kind: 'answer-late', ms: 3_000 }));
    const small = join(shop.folder, 'small.mp4');
    await writeFile(small, Buffer.alloc(100_000, 1));
    const policy = { ...POLICY, answerMs: 300 };
    const waits: MediaError[] = [];
    const result = await shop.upload(connection, {
      route: 'resumable',
      file: small,
      policy,
      onRetry: ({ error }) => waits.push(error),
    });
    expect(result).toMatchObject({ verified: 'md5', bytesSent: 100_000 });
    for (const error of waits) expect(error.code).toBe('upload_answer_timeout');
    expect(proxy.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
  });

  it('end within a second of being told to, and keep the place', async () => {
    const controller = new AbortController();
    const stateDir = join(shop.folder, 'aborted');
    const { connection } = await shop.behind((request) => {
      if (!isPatch(request) || controller.signal.aborted) return PASS;
      setTimeout(() => controller.abort(), 200);
      return { kind: 'throttle', bytesPerSecond: 20_000_000 };
    });
    const path = uniquePath('aborted.mp4');
    const options = { route: 'resumable', path, resumeStore: openResumeStore(stateDir) } as const;
    const started = performance.now();
    await expect(shop.upload(connection, { ...options, signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(performance.now() - started).toBeLessThan(1200);
    expect(await readdir(stateDir)).toHaveLength(1);

    const result = await shop.upload(connection, { ...options, route: undefined });
    expect(result.reason).toContain('unfinished');
    expect(result.bytesSent).toBeLessThan(SIZE);
    expect(await unfinishedIn(stateDir)).toEqual([]);
    expect(await shop.digestOf(path)).toBe(shop.sha256);
  });
});

describe('what is remembered of an unfinished upload', () => {
  /** Leaves an upload unfinished behind and tells where. */
  const interrupt = async (name: string, file = shop.file) => {
    const stateDir = join(shop.folder, name);
    const { connection, proxy } = await shop.behind(onPatch(1, { kind: 'cut', afterBytes: 5_000_000 }));
    const options = {
      file,
      path: uniquePath('kept.mp4'),
      resumeStore: openResumeStore(stateDir),
      route: 'resumable' as const,
    };
    const policy = { ...POLICY, maxRetries: 0 };
    await expect(shop.upload(connection, { ...options, policy })).rejects.toMatchObject({ code: 'upload_interrupted' });
    expect(await readdir(stateDir)).toHaveLength(1);
    return { stateDir, connection, proxy, options };
  };

  it('is not taken up for a file that changed', async () => {
    const file = join(shop.folder, 'changing.mp4');
    await writeFile(file, Buffer.alloc(12_000_000, 7));
    const { connection, proxy, options } = await interrupt('changed', file);
    await appendFile(file, 'more');
    const result = await shop.upload(connection, options);
    expect(result.bytesSent).toBe(12_000_004);
    expect(proxy.seen.filter((line) => line.startsWith('DELETE'))).toHaveLength(1);
  });

  it('is ended at Storage when the file goes another way', async () => {
    const { connection, proxy, options } = await interrupt('other-way');
    expect(await shop.upload(connection, { ...options, route: 'stream' })).toMatchObject({ route: 'stream' });
    expect(proxy.seen.filter((line) => /^DELETE .*resumable/.test(line))).toHaveLength(1);
  });

  it('is ended at Storage when something else has come to its place', async () => {
    const { stateDir, connection, proxy, options } = await interrupt('taken');
    await shop.upload(shop.open(), { path: options.path });
    await expect(shop.upload(connection, options)).rejects.toMatchObject({ code: 'object_exists' });
    expect(proxy.seen.filter((line) => /^DELETE .*resumable/.test(line))).toHaveLength(1);
    expect(await readdir(stateDir)).toEqual([]);
  });

  it('is looked for at Storage and begun anew where it is gone', async () => {
    const { stateDir, connection, proxy, options } = await interrupt('gone');
    const [name] = await readdir(stateDir);
    const { url } = JSON.parse(await readFile(join(stateDir, String(name)), 'utf8')) as { url: string };
    await terminateUpload({ connection, upsert: false, signal: undefined, action: 'Ending it' }, url);
    const before = proxy.seen.length;
    expect(await shop.upload(connection, options)).toMatchObject({ bytesSent: SIZE, verified: 'md5' });
    const methods = proxy.seen.slice(before).filter((line) => line.includes('/upload/resumable'));
    // Asked for until a new one shows that the store is there; it takes the place of the old one.
    const asked = [...Array(5).fill('HEAD'), 'POST', 'HEAD', 'DELETE', 'PATCH'];
    expect(methods.map((line) => line.split(' ')[0])).toEqual(asked);
  });

  it('knows where its requests ended, also in the process that continues it', async () => {
    const stateDir = join(shop.folder, 'ends');
    const resumeStore = openResumeStore(stateDir);
    const readEnds = async () => {
      const [name] = await readdir(stateDir);
      return (JSON.parse(await readFile(join(stateDir, String(name)), 'utf8')) as { requestEnds: number[] })
        .requestEnds;
    };
    const policy = { ...POLICY, chunkBytes: 6 * 1024 * 1024, maxRetries: 0 };
    const options = { route: 'resumable', path: uniquePath('ends.mp4'), resumeStore, policy } as const;
    const cutThird = onPatch(3, { kind: 'cut', afterBytes: 2_000_000 });
    const { connection } = await shop.behind((request) =>
      request.path.includes('/object/info/') ? { kind: 'answer', status: 502 } : cutThird(request),
    );
    await expect(shop.upload(connection, options)).rejects.toMatchObject({ code: 'upload_interrupted' });
    const whole = [1, 2].map((chunks) => chunks * policy.chunkBytes);
    expect(await readEnds()).toEqual(whole);
    await expect(shop.upload(connection, options)).rejects.toMatchObject({ code: 'gateway_failed' });
    const ends = await readEnds();
    // The offset after the cut, then one chunk from there; the last request ended with the file.
    const [cut = 0] = ends.slice(2);
    expect(ends).toEqual([...whole, cut, cut + policy.chunkBytes].filter((end) => end < SIZE));
    expect(cut).toBeGreaterThan(2 * policy.chunkBytes);
  });

  it('is worth nothing when it cannot be read, and costs no upload', async () => {
    const { stateDir, connection, options } = await interrupt('broken');
    const [name] = await readdir(stateDir);
    await writeFile(join(stateDir, String(name)), '{"half":');
    expect(await shop.upload(connection, options)).toMatchObject({ bytesSent: SIZE, verified: 'md5' });
    const nowhere = openResumeStore(join(shop.file, 'below-a-file'));
    expect(await shop.upload(shop.open(), { route: 'resumable', resumeStore: nowhere })).toMatchObject({
      verified: 'md5',
    });
  });
});

describe('limits, before a byte is sent', () => {
  it('name the limit, its value, the file and where to change it', async () => {
    const { connection, proxy } = await shop.behind((request) =>
      request.method === 'OPTIONS' ? { kind: 'rewrite-headers', headers: { 'tus-max-size': '10000000' } } : PASS,
    );
    for (const route of ['direct', 'stream', 'resumable'] as const) {
      const refused = shop.upload(connection, { route });
      await expect(refused).rejects.toMatchObject({
        code: 'object_too_large',
        hint: expect.stringContaining('config.toml'),
      });
      await expect(refused).rejects.toThrowError(
        /24.0 MB \(24000000 bytes\).*global limit of 10.0 MB \(10000000 bytes\)/,
      );
    }
    expect(proxy.seen.filter((line) => /^(POST|PUT|PATCH)/.test(line))).toEqual([]);
  });

  it('are asked for again when the question is lost', async () => {
    const { connection } = await shop.behind((request) => {
      const isQuestion = request.method === 'OPTIONS' || request.path.includes('/bucket/');
      return isQuestion && request.count === 1 ? { kind: 'lose-answer' } : PASS;
    });
    const waits: string[] = [];
    const onRetry: UploadFileOptions['onRetry'] = ({ error }) => waits.push(error.code);
    expect(await shop.upload(connection, { onRetry })).toMatchObject({ attempts: 1, verified: 'md5' });
    expect(waits).toEqual(['upload_interrupted']);
  });

  it('show the limit of single requests when one is refused that the others would let through', async () => {
    const body = JSON.stringify({
      statusCode: '413',
      error: 'Payload too large',
      message: 'x',
      code: 'EntityTooLarge',
    });
    const { connection, proxy } = await shop.behind((request) =>
      request.method === 'POST' && request.path.includes('/object/') ? { kind: 'answer', status: 400, body } : PASS,
    );
    await expect(shop.upload(connection)).rejects.toMatchObject({
      code: 'object_too_large',
      hint: expect.stringContaining('--route resumable'),
    });
    expect(proxy.seen.filter((line) => /(POST|PATCH) .*resumable/.test(line))).toEqual([]);
  });
});

describe('routes that change', () => {
  it('move to resumable after the first break, and keep what it sends from there', async () => {
    const rule: FaultRule = (request) => {
      if (request.method === 'POST' && request.path.includes('/object/')) return { kind: 'cut', afterBytes: 8_000_000 };
      return isPatch(request) && request.count === 1 ? { kind: 'cut', afterBytes: 8_000_000 } : PASS;
    };
    const { connection } = await shop.behind(rule);
    const routes: string[] = [];
    const result = await shop.upload(connection, { onRoute: ({ route }) => routes.push(route) });
    expect(routes).toEqual(['direct', 'resumable']);
    expect(result).toMatchObject({ route: 'resumable', attempts: 3, verified: 'md5' });
    expect(await shop.digestOf(result.path)).toBe(shop.sha256);
  });

  it('learn by a creation why a single request was closed without a word', async () => {
    const { path } = await shop.upload(shop.open());
    const { connection, proxy } = await shop.behind((request) =>
      request.method === 'POST' && request.path.includes('/object/') ? { kind: 'close-early' } : PASS,
    );
    await expect(shop.upload(connection, { path })).rejects.toMatchObject({ code: 'object_exists' });
    expect(proxy.seen.filter((line) => line.startsWith('POST /storage/v1/object'))).toHaveLength(1);
  });
});

describe('proof', () => {
  const isLook = ({ path }: SeenRequest) => path.includes('/object/info/');

  it.each([
    ['is reset', { kind: 'lose-answer' }, 'upload_interrupted'],
    ['meets a busy server', { kind: 'answer', status: 503 }, 'storage_busy'],
  ] as const)('is asked for again when the question %s; nothing is sent twice', async (_what, fault, code) => {
    const { connection } = await shop.behind((request) => (isLook(request) && request.count === 1 ? fault : PASS));
    const waits: string[] = [];
    const onRetry: UploadFileOptions['onRetry'] = ({ error }) => waits.push(error.code);
    const result = await shop.upload(connection, { route: 'stream', upsert: true, onRetry });
    expect(waits).toEqual([code]);
    expect(result).toMatchObject({ attempts: 1, bytesSent: SIZE, verified: 'md5' });
  });

  it('that nobody gave is fetched by the next run, without a byte of the file', async () => {
    const stateDir = join(shop.folder, 'unproved');
    let isAway = true;
    const { connection } = await shop.behind((request) =>
      isLook(request) && isAway ? { kind: 'answer', status: 502 } : PASS,
    );
    const path = uniquePath('unproved.mp4');
    const options = { route: 'resumable', upsert: true, path, resumeStore: openResumeStore(stateDir) } as const;
    const policy = { ...POLICY, maxRetries: 1 };
    await expect(shop.upload(connection, { ...options, policy })).rejects.toMatchObject({ code: 'gateway_failed' });
    expect(await readdir(stateDir)).toHaveLength(1);
    isAway = false;
    expect(await shop.upload(connection, options)).toMatchObject({ attempts: 1, bytesSent: 0, verified: 'md5' });
    expect(await unfinishedIn(stateDir)).toEqual([]);
    expect(await shop.digestOf(path)).toBe(shop.sha256);
  });

  it('is not given for a file that changed: its object goes, and its place is forgotten', async () => {
    const file = join(shop.folder, 'changed-at-the-end.mp4');
    await writeFile(file, Buffer.alloc(12_000_000, 7));
    const stateDir = join(shop.folder, 'changed-at-the-end');
    let writes = 1;
    const { connection } = await shop.behind((request) => {
      if (isPatch(request) && writes-- > 0) appendFileSync(file, 'more');
      return PASS;
    });
    const path = uniquePath('changed.mp4');
    const options = { route: 'resumable', file, path, resumeStore: openResumeStore(stateDir) } as const;
    await expect(shop.upload(connection, options)).rejects.toMatchObject({ code: 'file_changed' });
    expect(await unfinishedIn(stateDir)).toEqual([]);
    expect(await readObjectInfo(connection, { bucket: SOURCES, path })).toBeUndefined();
    expect(await shop.upload(connection, options)).toMatchObject({ size: 12_000_004, verified: 'md5' });
  });

  it('removes an object of ours that is not what was sent, and sends again', async () => {
    let lies = 1;
    const { connection, proxy } = await shop.behind((request) =>
      request.path.includes('/object/info/') && lies-- > 0
        ? { kind: 'alter-answer', from: '"size":', to: '"size":1' }
        : PASS,
    );
    const waits: string[] = [];
    const result = await shop.upload(connection, { route: 'stream', onRetry: ({ error }) => waits.push(error.code) });
    expect(waits).toEqual(['upload_mismatch']);
    expect(proxy.seen.filter((line) => line.startsWith('DELETE'))).toHaveLength(1);
    expect(result).toMatchObject({ attempts: 2, verified: 'md5' });
  });
});
