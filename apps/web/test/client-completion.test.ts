/** Every byte has been sent, and then something happens: what is there is completed, and nothing is sent twice. */

import { backoffDelay } from '@supabase-media/core/backoff';
import { SEED } from '@supabase-media/test-support/random';
import type { KeyValueStore } from '@supabase-media/uploader';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientLab, IMPATIENT, openClientLab, type TestFile } from './support/client-lab.ts';
import { createMemoryStore } from './support/memory-store.ts';

const MIB = 1024 * 1024;
const PASS = { kind: 'pass' } as const;

let lab: ClientLab;
let file: TestFile;

beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`);
  lab = await openClientLab();
  file = await lab.makeFile({ bytes: 9 * MIB, seed: SEED });
});
afterEach(() => lab.endTest());
afterAll(() => lab?.close());

/** An API, and how much the way to Storage has carried. */
async function open() {
  const sent = { bytes: 0 };
  const storage = await lab.behind(() => PASS, {
    onBytes: (bytes) => {
      sent.bytes += bytes;
    },
  });
  return { sent, storage, api: await lab.startApi({ publicUrl: storage.url }) };
}

/** Sends until a request to the API, and closes the page before that is made; answers the session's id. */
async function closePageBefore(path: string, apiUrl: string, storage: KeyValueStore): Promise<string> {
  const closing = new AbortController();
  const uploader = lab.uploader(apiUrl, {
    storage,
    fetch: async (input, init) => {
      if (!String(input).endsWith(path)) return fetch(input, init);
      closing.abort();
      throw new TypeError('The page is closed.');
    },
  });
  await expect(uploader.uploadVideo(file.source, { signal: closing.signal }).finished).rejects.toMatchObject({
    code: 'stopped',
  });
  const [record] = await uploader.listUnfinished();
  if (record === undefined) throw new Error('No place was kept.');
  return record.sessionId;
}

describe('a file that is chosen again while its session is being completed', () => {
  it('waits for a process that died over it, and sends nothing twice', async () => {
    const { sent, api } = await open();
    const store = createMemoryStore();
    const sessionId = await closePageBefore('/complete', api.url, store);
    await lab.leaseCompletion(sessionId, 3);
    const before = sent.bytes;
    const states: string[] = [];
    const uploader = lab.uploader(api.url, { storage: store });
    const result = await uploader.uploadVideo(file.source, { onState: ({ name }) => states.push(name) }).finished;
    expect(result.sessionId).toBe(sessionId);
    expect(sent.bytes).toBe(before);
    expect(states).toEqual(['queued', 'preparing', 'completing', 'completed']);
    expect(await lab.rows(`videos?id=eq.${result.videoId}&select=status`)).toEqual([{ status: 'queued' }]);
    expect(await uploader.listUnfinished()).toEqual([]);
  });

  it('goes on in the same session where bytes turn out to be missing', async () => {
    const { api } = await open();
    const store = createMemoryStore();
    // Closed as soon as bytes begin to move; the place is kept from the session's beginning.
    const closing = new AbortController();
    const uploader = lab.uploader(api.url, { storage: store });
    const first = uploader.uploadVideo(file.source, {
      signal: closing.signal,
      onState: ({ name }) => name === 'uploading' && closing.abort(),
    });
    await expect(first.finished).rejects.toMatchObject({ code: 'stopped' });
    const [record] = await uploader.listUnfinished();
    await lab.leaseCompletion(record?.sessionId ?? '', 2);
    const { sessionId } = await uploader.uploadVideo(file.source).finished;
    expect(sessionId).toBe(record?.sessionId);
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });

  it('keeps its place while nobody can tell how the session stands', async () => {
    const { sent, api } = await open();
    const store = createMemoryStore();
    const sessionId = await closePageBefore('/complete', api.url, store);
    await lab.leaseCompletion(sessionId, 3);
    const front = await lab.behind(({ method }) => (method === 'GET' ? { kind: 'answer', status: 418 } : PASS), {
      target: api.url,
    });
    const before = sent.bytes;
    const behind: typeof fetch = (input, init) => fetch(String(input).replace(api.url, front.url), init);
    const uploader = lab.uploader(api.url, { storage: store, fetch: behind });
    await expect(uploader.uploadVideo(file.source).finished).rejects.toMatchObject({ code: 'failed' });
    expect(await uploader.listUnfinished()).toMatchObject([{ sessionId }]);
    const again = await lab.uploader(api.url, { storage: store }).uploadVideo(file.source).finished;
    expect(again.sessionId).toBe(sessionId);
    expect(sent.bytes).toBe(before);
  });

  it('can be given up, and its session ends', async () => {
    const { api } = await open();
    const store = createMemoryStore();
    const sessionId = await closePageBefore('/complete', api.url, store);
    await lab.leaseCompletion(sessionId, 30);
    const uploader = lab.uploader(api.url, { storage: store });
    const handle = uploader.uploadVideo(file.source, {
      onState: ({ name }) => name === 'completing' && setTimeout(() => handle.cancel(), 200),
    });
    await expect(handle.finished).rejects.toMatchObject({ code: 'canceled' });
    expect((await uploader.uploads.get(sessionId)).state).toBe('canceled');
    expect(await uploader.listUnfinished()).toEqual([]);
  });
});

describe('an API that cannot complete because its queue is away', () => {
  const QUEUE_AWAY = JSON.stringify({
    error: { code: 'queue_unavailable', message: 'The queue did not answer.', action: 'Try again in a few seconds.' },
  });

  it('is asked for about ten minutes, while the page says that it finishes', async () => {
    const { sent, api } = await open();
    let refusals = 0;
    let waited = 0;
    const front = await lab.behind(
      ({ path, count }) => {
        if (!path.endsWith('/complete') || waited >= TEN_MINUTES_MS) return PASS;
        refusals++;
        waited += backoffDelay({ attempt: count, random: 0 });
        return { kind: 'answer', status: 503, body: QUEUE_AWAY, headers: { 'content-type': 'application/json' } };
      },
      { target: api.url },
    );
    const states: string[] = [];
    const { sessionId } = await lab.uploader(front.url, { connectivity: IMPATIENT }).uploadVideo(file.source, {
      onState: ({ name }) => states.push(name),
    }).finished;
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    expect(refusals).toBeGreaterThan(20);
    expect(states).toEqual(['queued', 'preparing', 'uploading', 'completing', 'completed']);
    expect(sent.bytes).toBeLessThan(file.source.size + MIB);
  });
  it('is asked again when the person tries again, and nothing is sent twice', async () => {
    const { sent, api } = await open();
    let isAway = true;
    const front = await lab.behind(
      ({ path }) => (isAway && path.endsWith('/complete') ? { kind: 'answer', status: 503, body: QUEUE_AWAY } : PASS),
      { target: api.url },
    );
    const uploader = lab.uploader(front.url, { connectivity: IMPATIENT });
    await expect(uploader.uploadVideo(file.source).finished).rejects.toMatchObject({ code: 'server_busy' });
    const before = sent.bytes;
    const [record] = await uploader.listUnfinished();
    isAway = false;
    const { sessionId } = await uploader.uploadVideo(file.source).finished;
    expect(sessionId).toBe(record?.sessionId);
    expect(sent.bytes).toBe(before);
    expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
  });
  const TEN_MINUTES_MS = 600_000;
});
