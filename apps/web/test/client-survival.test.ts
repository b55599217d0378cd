/** What an upload outlives: cuts, gateways with limits, servers that die, tokens that run out, pages that are closed. */
import { join } from 'node:path';
import { SEED } from '@supabase-media/test-support/random';
import type { UploadHandle, UploadState } from '@supabase-media/uploader';
import { openFileStore } from '@supabase-media/uploader/node/file-store';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientLab, IMPATIENT, openClientLab, type TestFile } from './support/client-lab.ts';
import { closedPort } from './support/closed-port.ts';
import { createMemoryStore } from './support/memory-store.ts';
import { readClaims, signToken } from './support/test-user.ts';

const MIB = 1024 * 1024;
/** The promise: no cut costs more. */
const SENT_TWICE_MAX = 6 * MIB;
/** What a killed process takes with it beside: what the system held for its two sockets (tcp_wmem, at most 4 MiB). */
const KILLED_SOCKETS_MAX = 4 * MIB;

let lab: ClientLab;
let file: TestFile;

beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`);
  lab = await openClientLab();
  file = await lab.makeFile({ bytes: 40 * MIB, seed: SEED });
});
afterEach(() => lab.endTest());
afterAll(() => lab?.close());

/** Ends when the upload has come so far. */
function reach(handle: UploadHandle, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      if (handle.progress().bytesUploaded < bytes) return;
      clearInterval(timer);
      resolve();
    }, 10);
    handle.finished.then(
      () => reject(new Error(`It ended before ${bytes} bytes were under way.`)),
      (error: unknown) => reject(error),
    );
    handle.finished.catch(() => {}).finally(() => clearInterval(timer));
  });
}

const isPatch = (request: { method: string }) => request.method === 'PATCH';
const slow = (bytesPerSecond: number) => ({ kind: 'throttle', bytesPerSecond }) as const;
const PASS = { kind: 'pass' } as const;

describe('a connection that is cut', () => {
  it('directly, twice, goes on from the confirmed offset', async () => {
    let cuts = 0;
    let sent = 0;
    const storage = await lab.behind(
      ({ method, bytes }) =>
        method === 'PATCH' && bytes > 5 * MIB && cuts++ < 2 ? { kind: 'cut', afterBytes: 4 * MIB } : PASS,
      {
        onBytes: (bytes) => {
          sent += bytes;
        },
      },
    );
    const api = await lab.startApi({ publicUrl: storage.url });
    const states: UploadState[] = [];
    const { sessionId } = await lab
      .uploader(api.url)
      .uploadVideo(file.source, { onState: (state) => states.push(state) }).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(cuts).toBeGreaterThanOrEqual(2);
    expect(sent - file.source.size).toBeLessThan(SENT_TWICE_MAX);
    expect(states.map(({ name }) => name)).toContain('waiting');
  });

  it('in the relay, goes on from the confirmed offset', async () => {
    let cuts = 0;
    let sent = 0;
    const api = await lab.startApi({ publicUrl: await closedPort() });
    const front = await lab.behind(
      ({ method, bytes }) =>
        method === 'PATCH' && bytes > 5 * MIB && cuts++ < 2 ? { kind: 'cut', afterBytes: 4 * MIB } : PASS,
      {
        target: api.url,
        onBytes: (bytes) => {
          sent += bytes;
        },
      },
    );
    const { sessionId } = await lab.uploader(front.url).uploadVideo(file.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(cuts).toBeGreaterThanOrEqual(2);
    expect(sent - file.source.size).toBeLessThan(SENT_TWICE_MAX);
  });

  it('after the last byte, so that its answer is lost, is looked into instead of sent again', async () => {
    let sent = 0;
    const small = await lab.makeFile({ bytes: 2 * MIB, seed: SEED + 1 });
    const storage = await lab.behind(
      ({ method, count }) => (method === 'PUT' && count === 1 ? { kind: 'lose-answer' } : PASS),
      {
        onBytes: (bytes) => {
          sent += bytes;
        },
      },
    );
    const api = await lab.startApi({ publicUrl: storage.url });
    const { sessionId } = await lab.uploader(api.url).uploadVideo(small.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(small.sha256);
    expect(sent).toBeLessThanOrEqual(2 * small.source.size);
  });
});

describe('a gateway that takes only', () => {
  const limits = [1_000_000, 1 * MIB, 2 * MIB, 3 * MIB, 5 * MIB];
  it.each(limits)('%i bytes, before Storage', async (limit) => {
    let refusals = 0;
    const storage = await lab.behind(({ bytes }) => {
      if (bytes <= limit) return PASS;
      refusals++;
      return refusal;
    });
    const api = await lab.startApi({ publicUrl: storage.url });
    const store = createMemoryStore();
    const { sessionId } = await lab.uploader(api.url, { storage: store }).uploadVideo(file.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(refusals).toBeGreaterThan(0);
    // Another page, the same day: it knows.
    refusals = 0;
    const again = { ...file.source, lastModified: 1 };
    await lab.uploader(api.url, { storage: store }).uploadVideo(again).finished;
    expect(refusals).toBe(0);
  });
  it.each([1 * MIB, 5 * MIB])('%i bytes, before the API, which is the only way', async (limit) => {
    const api = await lab.startApi({ publicUrl: await closedPort() });
    const front = await lab.behind(({ bytes }) => (bytes > limit ? refusal : PASS), { target: api.url });
    const { sessionId } = await lab.uploader(front.url).uploadVideo(file.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });
  it('1 MB, and a small file that is sent whole, goes around it', async () => {
    const small = await lab.makeFile({ bytes: 3 * MIB, seed: SEED + 2 });
    const storage = await lab.behind(({ bytes }) => (bytes > MIB ? refusal : PASS));
    const api = await lab.startApi({ publicUrl: storage.url });
    const { sessionId } = await lab.uploader(api.url).uploadVideo(small.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(small.sha256);
  });
  const refusal = { kind: 'answer', status: 413, body: '<html><h1>413 Request Entity Too Large</h1></html>' } as const;
});

describe('a Storage that cannot be reached', () => {
  it('is gone around by the relay, for small files too, and this is remembered', async () => {
    const api = await lab.startApi({ publicUrl: await closedPort() });
    const store = createMemoryStore();
    const small = await lab.makeFile({ bytes: 2 * MIB, seed: SEED + 3 });
    for (const { source, sha256 } of [file, small]) {
      const { sessionId } = await lab.uploader(api.url, { storage: store }).uploadVideo(source).finished;
      expect(await lab.storedSha256(sessionId)).toBe(sha256);
    }
    const key = (await store.keys()).find((name) => name.includes(':path:')) ?? '';
    expect(JSON.parse(String(await store.get(key)))).toMatchObject({ path: 'relay' });
  });
});

describe('a Storage that loses an upload', () => {
  it.each(['direct', 'relay'])('is given it anew in the same session, %s, whatever host it names', async (way) => {
    const storage = await lab.behind(({ method }) => {
      if (method === 'PATCH') return slow(30 * MIB);
      return method === 'POST' ? { kind: 'rewrite-location', origin: 'https://internal.invalid:9' } : PASS;
    });
    const api = await lab.startApi({ publicUrl: way === 'direct' ? storage.url : await closedPort() });
    const front = await lab.behind((request) => (isPatch(request) ? slow(30 * MIB) : PASS), { target: api.url });
    const uploader = lab.uploader(front.url);
    const states: string[] = [];
    const handle = uploader.uploadVideo(file.source, { onState: ({ name }) => states.push(name) });
    await reach(handle, 15 * MIB);
    handle.pause();
    const [open] = await uploader.uploads.list({ state: 'open' });
    const [session] = await lab.rows(`upload_sessions?id=eq.${open?.id}&select=storage_upload_id`);
    await lab.endUpload(String(session?.storage_upload_id));
    handle.resume();
    const { sessionId } = await handle.finished;
    expect(sessionId).toBe(open?.id);
    expect(states).not.toContain('waiting');
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });
});

describe('two API processes without sticky sessions', () => {
  it('share one upload, and one may be killed in the middle of it', async () => {
    const publicUrl = await closedPort();
    const apis = [await lab.startApi({ publicUrl }), await lab.startApi({ publicUrl })];
    const balancer = await lab.roundRobin(apis.map(({ url }) => url));
    let sent = 0;
    const front = await lab.behind((request) => (isPatch(request) ? slow(25 * MIB) : PASS), {
      target: balancer.url,
      onBytes: (bytes) => {
        sent += bytes;
      },
    });
    const handle = lab.uploader(front.url).uploadVideo(file.source);
    await reach(handle, 15 * MIB);
    const victim = balancer.busyTarget() ?? 0;
    await apis[victim]?.kill('SIGKILL');
    const { sessionId, videoId } = await handle.finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(Math.min(...balancer.counts)).toBeGreaterThan(0);
    expect(sent - file.source.size).toBeLessThan(SENT_TWICE_MAX + KILLED_SOCKETS_MAX);
    expect(await lab.rows(`videos?id=eq.${videoId}&select=status`)).toEqual([{ status: 'queued' }]);
  });
});

describe('a token that runs out in the middle', () => {
  it('of Storage, is replaced by a fresh one', async () => {
    // Parts of 6, 12 and 6 MiB: the third begins after 3.6 s, with a token that has lived for 3.
    const short = await lab.makeFile({ bytes: 24 * MIB, seed: SEED + 5 });
    const storage = await lab.behind((request) => (isPatch(request) ? slow(5 * MIB) : PASS));
    const api = await lab.startApi({ publicUrl: storage.url });
    let changed = 0;
    // The session's first token, signed anew for three seconds: what comes after is Storage's own refusal.
    const fetchShort: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!String(input).endsWith('/api/uploads') || answer.status !== 201) return answer;
      const session = (await answer.json()) as { token: string };
      const token = signToken({ ...readClaims(session.token), exp: Math.floor(Date.now() / 1000) + 3 });
      changed++;
      return Response.json({ ...session, token }, { status: 201 });
    };
    const resumed: string[] = [];
    const spy: typeof fetch = (input, init) => {
      if (String(input).endsWith('/resume')) resumed.push(String(input));
      return fetchShort(input, init);
    };
    const { sessionId } = await lab.uploader(api.url, { fetch: spy }).uploadVideo(short.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(short.sha256);
    expect(changed).toBe(1);
    expect(resumed).toHaveLength(1);
  });

  it('of Storage, in a tunnel, is replaced once the API answers again', async () => {
    const short = await lab.makeFile({ bytes: 24 * MIB, seed: SEED + 6 });
    const storage = await lab.behind((request) => (isPatch(request) ? slow(5 * MIB) : PASS));
    const api = await lab.startApi({ publicUrl: storage.url });
    // More than one question to the API survives; the token of three seconds is then sent no more.
    let refusals = 7;
    const tunnel: typeof fetch = async (input, init) => {
      if (String(input).endsWith('/resume') && refusals-- > 0) throw new TypeError('There is no network.');
      const answer = await fetch(input, init);
      if (!String(input).endsWith('/api/uploads') || answer.status !== 201) return answer;
      const session = (await answer.json()) as { token: string };
      const token = signToken({ ...readClaims(session.token), exp: Math.floor(Date.now() / 1000) + 3 });
      return Response.json({ ...session, token }, { status: 201 });
    };
    const waits: string[] = [];
    const uploader = lab.uploader(api.url, { fetch: tunnel, connectivity: IMPATIENT });
    const { sessionId } = await uploader.uploadVideo(short.source, {
      onState: (state) => state.name === 'waiting' && waits.push(state.error.code),
    }).finished;
    expect(await lab.storedSha256(sessionId)).toBe(short.sha256);
    expect(refusals).toBeLessThan(0);
    expect(new Set(waits)).toEqual(new Set(['offline']));
  });

  it('of Storage, after the user has signed out, ends the upload and keeps its place', async () => {
    const api = await lab.startApi();
    let token = lab.user.token();
    const signOut: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!String(input).endsWith('/api/uploads') || answer.status !== 201) return answer;
      token = '';
      return Response.json({ ...((await answer.json()) as object), tokenExpiresAt: new Date().toISOString() });
    };
    const uploader = lab.uploader(api.url, { fetch: signOut, getToken: () => token });
    const handle = uploader.uploadVideo(file.source);
    await expect(handle.finished).rejects.toMatchObject({ code: 'signed_out' });
    token = lab.user.token();
    expect(await uploader.listUnfinished()).toHaveLength(1);
  });

  it('of the user, in a tunnel, is waited for: nobody was signed out', async () => {
    const api = await lab.startApi({ publicUrl: await closedPort() });
    const front = await lab.behind((request) => (isPatch(request) ? slow(8 * MIB) : PASS), { target: api.url });
    const short = signToken({ ...readClaims(lab.user.token()), exp: Math.floor(Date.now() / 1000) - 3 });
    let current = short;
    let refusals = 3;
    const getToken = ({ refresh }: { refresh: boolean }) => {
      if (refresh && refusals-- > 0) throw new Error('Failed to fetch');
      if (refresh) current = lab.user.token();
      return current;
    };
    const waits: string[] = [];
    const uploader = lab.uploader(front.url, { getToken, connectivity: IMPATIENT });
    const { sessionId } = await uploader.uploadVideo(file.source, {
      onState: (state) => state.name === 'waiting' && waits.push(state.error.code),
    }).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(refusals).toBeLessThan(0);
    expect(new Set(waits)).toEqual(new Set(['offline']));
  });

  it('of the user, in a tunnel, does not end an upload that is about to begin', async () => {
    const api = await lab.startApi();
    let refusals = 3;
    const getToken = () => {
      if (refusals-- > 0) throw new Error('Failed to fetch');
      return lab.user.token();
    };
    const small = await lab.makeFile({ bytes: MIB, seed: SEED + 7 });
    const uploader = lab.uploader(api.url, { getToken, connectivity: IMPATIENT });
    const { sessionId } = await uploader.uploadVideo(small.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(small.sha256);
  });

  it('of the user, is asked for again', async () => {
    const api = await lab.startApi({ publicUrl: await closedPort() });
    const front = await lab.behind((request) => (isPatch(request) ? slow(8 * MIB) : PASS), { target: api.url });
    // The API allows clocks to differ by 5 s, so this token lives until 2 s from now.
    const short = signToken({ ...readClaims(lab.user.token()), exp: Math.floor(Date.now() / 1000) - 3 });
    const asked: boolean[] = [];
    let current = short;
    const getToken = ({ refresh }: { refresh: boolean }) => {
      asked.push(refresh);
      if (refresh) current = lab.user.token();
      return current;
    };
    const { sessionId } = await lab.uploader(front.url, { getToken }).uploadVideo(file.source).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(asked).toContain(true);
  });
});

describe('a page that is closed', () => {
  it('and opened again goes on where it was, then forgets', async () => {
    let sent = 0;
    const storage = await lab.behind((request) => (isPatch(request) ? slow(30 * MIB) : PASS), {
      onBytes: (bytes) => {
        sent += bytes;
      },
    });
    const api = await lab.startApi({ publicUrl: storage.url });
    const path = join(lab.folder, 'places.json');
    const closing = new AbortController();
    const first = lab.uploader(api.url, { storage: openFileStore(path) });
    const before = first.uploadVideo(file.source, { signal: closing.signal });
    await reach(before, 20 * MIB);
    closing.abort();
    await expect(before.finished).rejects.toMatchObject({ code: 'stopped' });

    const second = lab.uploader(api.url, { storage: openFileStore(path) });
    const [record] = await second.listUnfinished();
    expect(record).toMatchObject({ fileName: file.source.name, size: file.source.size });
    expect(await second.findUnfinished(file.source)).toEqual(record);
    const states: UploadState[] = [];
    const { sessionId } = await second.uploadVideo(file.source, { onState: (state) => states.push(state) }).finished;
    expect(sessionId).toBe(record?.sessionId);
    expect(states).toContainEqual({ name: 'uploading', resumedFrom: expect.toSatisfy((bytes) => bytes > 12 * MIB) });
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(sent - file.source.size).toBeLessThan(SENT_TWICE_MAX);
    expect(await second.listUnfinished()).toEqual([]);
  });

  it('after the last byte was sent gets its video without sending anything', async () => {
    const storage = await lab.behind(() => PASS);
    const api = await lab.startApi({ publicUrl: storage.url });
    const path = join(lab.folder, 'completed.json');
    // The API completes; its answer reaches nobody.
    const deaf: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (String(input).endsWith('/complete')) throw new TypeError('the page is gone');
      return answer;
    };
    const closing = new AbortController();
    const first = lab.uploader(api.url, { storage: openFileStore(path), fetch: deaf });
    const before = first.uploadVideo(file.source, {
      signal: closing.signal,
      onState: ({ name }) => name === 'completing' && setTimeout(() => closing.abort(), 1500),
    });
    await expect(before.finished).rejects.toMatchObject({ code: 'stopped' });
    const seen = storage.seen.length;
    const second = lab.uploader(api.url, { storage: openFileStore(path) });
    const { videoId } = await second.uploadVideo(file.source).finished;
    expect(storage.seen.length).toBe(seen);
    expect(await lab.rows(`videos?id=eq.${videoId}&select=status`)).toEqual([{ status: 'queued' }]);
  });

  it('begins anew when the session was ended elsewhere meanwhile', async () => {
    const storage = await lab.behind((request) => (isPatch(request) ? slow(30 * MIB) : PASS));
    const api = await lab.startApi({ publicUrl: storage.url });
    const store = createMemoryStore();
    const closing = new AbortController();
    const uploader = lab.uploader(api.url, { storage: store });
    const before = uploader.uploadVideo(file.source, { signal: closing.signal });
    await reach(before, 10 * MIB);
    closing.abort();
    await before.finished.catch(() => {});
    const [record] = await uploader.listUnfinished();
    await uploader.uploads.cancel(record?.sessionId ?? '');
    const { sessionId } = await lab.uploader(api.url, { storage: store }).uploadVideo(file.source).finished;
    expect(sessionId).not.toBe(record?.sessionId);
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });
});

describe('a person who', () => {
  it('pauses, sends nothing until going on, and loses nothing', async () => {
    let sent = 0;
    const storage = await lab.behind((request) => (isPatch(request) ? slow(40 * MIB) : PASS), {
      onBytes: (bytes) => {
        sent += bytes;
      },
    });
    const api = await lab.startApi({ publicUrl: storage.url });
    const uploader = lab.uploader(api.url, { parallelFiles: 1 });
    const handle = uploader.uploadVideo(file.source);
    await reach(handle, 15 * MIB);
    handle.pause();
    expect(handle.state()).toEqual({ name: 'paused' });
    const before = handle.progress();
    // A paused upload gives its turn to the next, which needs the only slot.
    const next = await lab.makeFile({ bytes: MIB, seed: SEED + 4 });
    await uploader.uploadVideo(next.source).finished;
    expect(handle.progress()).toMatchObject({
      bytesUploaded: before.bytesUploaded,
      bytesConfirmed: before.bytesConfirmed,
    });
    handle.resume();
    const { sessionId } = await handle.finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(sent - file.source.size - next.source.size).toBeLessThan(SENT_TWICE_MAX);
  });

  it('cancels, leaves nothing behind, here or there', async () => {
    const storage = await lab.behind((request) => (isPatch(request) ? slow(30 * MIB) : PASS));
    const api = await lab.startApi({ publicUrl: storage.url });
    const uploader = lab.uploader(api.url);
    const handle = uploader.uploadVideo(file.source);
    await reach(handle, 10 * MIB);
    const [open] = await uploader.uploads.list({ state: 'open' });
    handle.cancel();
    await expect(handle.finished).rejects.toMatchObject({ code: 'canceled' });
    expect(handle.state()).toEqual({ name: 'canceled' });
    expect(await uploader.listUnfinished()).toEqual([]);
    expect((await uploader.uploads.get(open?.id ?? '')).state).toBe('canceled');
  });

  it('chooses the same file twice at once gets two videos, and each its own bytes', async () => {
    const api = await lab.startApi();
    const uploader = lab.uploader(api.url);
    const results = await Promise.all([1, 2].map(() => uploader.uploadVideo(file.source).finished));
    expect(new Set(results.map(({ sessionId }) => sessionId)).size).toBe(2);
    for (const { sessionId } of results) expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });
});

describe('a network that', () => {
  it('stands still is noticed, and the upload goes on', async () => {
    let stalls = 0;
    const storage = await lab.behind(({ method, bytes }) =>
      method === 'PATCH' && bytes > 5 * MIB && stalls++ < 1 ? { kind: 'stall', afterBytes: MIB } : PASS,
    );
    const api = await lab.startApi({ publicUrl: storage.url });
    const waits: string[] = [];
    const { sessionId } = await lab.uploader(api.url, { stallSeconds: 2 }).uploadVideo(file.source, {
      onState: (state) => state.name === 'waiting' && waits.push(state.error.code),
    }).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(waits).toEqual(['timed_out']);
  });

  it('is away is waited for without spending tries, and taken up when it is back', async () => {
    const storage = await lab.behind((request) => (isPatch(request) ? slow(40 * MIB) : PASS));
    const api = await lab.startApi({ publicUrl: storage.url });
    let isOnline = true;
    const listeners = new Set<() => void>();
    const connectivity = {
      isOnline: () => isOnline,
      onOnline: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const waits: number[] = [];
    let sentMeanwhile: number | undefined;
    const handle = lab.uploader(api.url, { connectivity, maxRetries: 1 }).uploadVideo(file.source, {
      onState: (state) => {
        if (state.name !== 'waiting') return;
        waits.push(state.waitMs);
        if (state.waitMs !== Number.POSITIVE_INFINITY) return;
        const seen = storage.seen.length;
        setTimeout(() => {
          sentMeanwhile = storage.seen.length - seen;
          isOnline = true;
          for (const listener of [...listeners]) listener();
        }, 500);
      },
    });
    await reach(handle, 10 * MIB);
    isOnline = false;
    handle.pause();
    handle.resume();
    const { sessionId } = await handle.finished;
    expect(waits).toContain(Number.POSITIVE_INFINITY);
    expect(sentMeanwhile).toBe(0);
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });

  it('never comes back ends as a failure with a name, and the place is kept', async () => {
    let isGone = false;
    const storage = await lab.behind((request) =>
      isGone ? { kind: 'close-early' } : isPatch(request) ? slow(30 * MIB) : PASS,
    );
    const api = await lab.startApi({ publicUrl: storage.url, environment: { RELAY_MAX: '0' } });
    const uploader = lab.uploader(api.url, { maxRetries: 1 });
    const handle = uploader.uploadVideo(file.source);
    await reach(handle, 10 * MIB);
    isGone = true;
    await storage.close();
    await expect(handle.finished).rejects.toMatchObject({ name: 'UploadError' });
    expect(await uploader.listUnfinished()).toHaveLength(1);
  });
});
