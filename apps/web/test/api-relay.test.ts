/** The relay: bytes pass through it while they arrive, nothing stays, and it obeys the session alone. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '@supabase-media/storage/connection';
import { startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { createRandom, randomContent, SEED } from '@supabase-media/test-support/random';
import { stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openUploadStorage } from '../src/server/storage/upload-storage.ts';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  filesBelow,
  MP4_HEAD,
  mp4Bytes,
  openApiLab,
  patchAt,
  peakMemory,
  type ToldError,
  TUS,
} from './support/api-lab.ts';
import { startRoundRobin } from './support/round-robin.ts';
import { createTestUser, type TestUser } from './support/test-user.ts';

/** The whole thing is 20 files of 100 MB: RELAY_TEST_MB=100. Less shows the same, only later. */
const FILE_BYTES = Number(process.env.RELAY_TEST_MB ?? 25) * 1_000_000;
const FILES = 20;
const MEMORY_MAX = 150_000_000;

let lab: ApiLab;
let api: ApiProcess;
let user: TestUser;
let call: Call;
const storage = () => {
  const connection = openStorage({
    url: stackValue('SUPABASE_URL'),
    serviceRoleKey: stackValue('SUPABASE_SERVICE_ROLE_KEY'),
  });
  return { ...openUploadStorage(connection), close: () => connection.close() };
};

beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`);
  lab = await openApiLab();
  api = await lab.start();
  user = await createTestUser();
  call = createCaller(api.url, user.token());
});
afterAll(() => lab?.close());

const begin = async (size: number): Promise<OpenUpload & { relay: string }> => {
  const { body } = await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size } });
  return { ...body, relay: String(body.relayUploadUrl ?? body.relayEndpoint) };
};
const cancel = (open: OpenUpload) => call('DELETE', `/api/uploads/${open.id}`);

describe('twenty at a time', () => {
  it('arrive whole, within 150 MB of memory, with no file on disk', async () => {
    const own = await lab.start({ RELAY_MAX_PER_USER: String(FILES) });
    const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: FILES });
    const block = randomContent(SEED, 1024 * 1024);
    const store = storage();
    const send = async (number: number) => {
      const as = createCaller(own.url, user.token());
      const { body: open } = await as<OpenUpload>('POST', '/api/uploads', {
        json: { fileName: `${number}.mp4`, size: FILE_BYTES },
      });
      const hash = createHash('sha256');
      async function* content() {
        for (let sent = 0; sent < FILE_BYTES; sent += block.length) {
          const piece = Buffer.from(block.subarray(0, FILE_BYTES - sent));
          piece.writeUInt32LE(number, 64);
          if (sent === 0) MP4_HEAD.copy(piece);
          hash.update(piece);
          yield piece;
        }
      }
      const answer = await request(own.url + open.relayUploadUrl, {
        dispatcher,
        method: 'PATCH',
        headers: { ...patchAt(0), authorization: `Bearer ${user.token()}`, 'content-length': String(FILE_BYTES) },
        body: content() as never,
      });
      await answer.body.text();
      expect([answer.statusCode, answer.headers['upload-offset']]).toEqual([204, String(FILE_BYTES)]);
      return { open, sha256: hash.digest('hex') };
    };
    const sent = await Promise.all(Array.from({ length: FILES }, (_, number) => send(number)));
    const peak = peakMemory(own.pid);
    process.stdout.write(`peak of the API: ${peak === undefined ? '-' : Math.round(peak / 1e6)} MB\n`);
    if (peak !== undefined) expect(peak).toBeLessThan(MEMORY_MAX);
    expect(await filesBelow(own.folder)).toEqual([]);
    for (const { open, sha256 } of sent) {
      expect((await store.digest(open, AbortSignal.timeout(60_000))).sha256).toBe(sha256);
      expect((await cancel(open)).status).toBe(200);
    }
    await store.close();
    await dispatcher.close();
    await own.end('SIGKILL');
  }, 600_000);
});

describe('an upload through the relay', () => {
  it('may be sent to any process, piece by piece, also of a file below 6 MB', async () => {
    const other = await lab.start();
    const proxy = await startRoundRobin([api.url, other.url]);
    const as = createCaller(proxy.url, user.token());
    const random = createRandom(SEED);
    const bytes = mp4Bytes(4_000_000);
    const { body: open } = await as<OpenUpload>('POST', '/api/uploads', {
      json: { fileName: 'a.mp4', size: bytes.length },
    });
    expect(open.strategy).toBe('single');
    const created = await as('POST', open.relayEndpoint, {
      headers: { ...TUS, 'upload-length': String(bytes.length) },
    });
    expect(created.status).toBe(201);
    const location = String(created.headers.get('location'));
    expect(location).toMatch(new RegExp(`^/api/uploads/${open.id}/relay/[^/]+$`));
    for (let offset = 0; offset < bytes.length; ) {
      const piece = bytes.subarray(offset, offset + 200_000 + Math.floor(random() * 1_000_000));
      const answer = await as('PATCH', location, { headers: patchAt(offset), bytes: piece });
      offset += piece.length;
      expect([answer.status, answer.headers.get('upload-offset')]).toEqual([204, String(offset)]);
      if (offset < bytes.length)
        expect((await as('HEAD', location, { headers: TUS })).headers.get('upload-offset')).toBe(String(offset));
    }
    expect((await as('POST', `/api/uploads/${open.id}/complete`)).status).toBe(200);
    expect(proxy.counts.every((count) => count > 3)).toBe(true);
    await cancel(open);
    await proxy.close();
    await other.end('SIGKILL');
  });

  it('of unknown length is taken up to the size of the file, and no further', async () => {
    const open = await begin(8_000_000);
    const chunked = (bytes: number) =>
      new Promise<number | undefined>((resolve, reject) => {
        const patch = httpRequest(
          api.url + open.relay,
          {
            method: 'PATCH',
            headers: { ...patchAt(0), authorization: `Bearer ${user.token()}`, 'transfer-encoding': 'chunked' },
          },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        );
        patch.on('error', reject);
        patch.end(mp4Bytes(bytes));
      });
    expect(await chunked(8_000_001)).toBe(409);
    expect(await lab.hasObject(open)).toBe(false);
    await cancel(open);
  });

  it('is always that of its session, whatever the metadata says', async () => {
    const open = await begin(7_000_000);
    const stolen = Buffer.from('somebody/else.mp4').toString('base64');
    const created = await call('POST', open.relayEndpoint, {
      headers: {
        ...TUS,
        'upload-length': '7000000',
        'upload-metadata': `bucketName ${Buffer.from('project-processed-videos').toString('base64')},objectName ${stolen}`,
      },
    });
    const location = String(created.headers.get('location'));
    expect((await call('PATCH', location, { headers: patchAt(0), bytes: mp4Bytes(7_000_000) })).status).toBe(204);
    expect(await lab.hasObject(open)).toBe(true);
    expect(await lab.hasObject({ bucket: 'project-processed-videos', path: 'somebody/else.mp4' })).toBe(false);
    // The upload that the session had before is ended: it would stay in Storage for ever.
    expect(await lab.partialStatus(String(open.uploadUrl), open.token)).toBe(404);
    await cancel(open);
  });

  it('refuses what does not fit the session', async () => {
    const mine = await begin(7_000_000);
    const another = await begin(7_000_000);
    const uploadOf = (open: OpenUpload) => String(open.relayUploadUrl).split('/').at(-1);
    for (const [method, path, headers, code] of [
      ['POST', mine.relayEndpoint, { ...TUS, 'upload-length': '6999999' }, 'relay_refused'],
      ['POST', mine.relayEndpoint, { ...TUS, 'upload-defer-length': '1' }, 'relay_refused'],
      ['POST', mine.relayEndpoint, { 'upload-length': '7000000' }, 'relay_refused'],
      ['PATCH', mine.relay, { ...patchAt(0), 'upload-offset': '-1' }, 'relay_refused'],
      ['PATCH', mine.relay, { ...patchAt(0), 'content-type': 'text/plain' }, 'relay_refused'],
      ['PATCH', mine.relay, patchAt(6_999_999), 'relay_refused'],
      ['PATCH', `${mine.relayEndpoint}/${uploadOf(another)}`, patchAt(0), 'session_not_found'],
      ['PATCH', `${mine.relayEndpoint}/..%2f..%2fobject`, patchAt(0), 'invalid_request'],
    ] as const) {
      const bytes = method === 'PATCH' ? { bytes: Buffer.alloc(10) } : {};
      const { body } = await call<ToldError>(method, path, { headers, ...bytes });
      expect([path, headers, body.error?.code]).toEqual([path, headers, code]);
    }
    // A wrong offset is Storage's to refuse, in TUS's own way.
    expect((await call('PATCH', mine.relay, { headers: patchAt(5), bytes: Buffer.alloc(10) })).status).toBe(409);
    for (const open of [mine, another]) await cancel(open);
    expect(
      (await call<ToldError>('PATCH', mine.relay, { headers: patchAt(0), bytes: Buffer.alloc(10) })).body.error.code,
    ).toBe('session_ended');
  });

  it('keeps what had arrived when the client goes away, and lets the process go on', async () => {
    const open = await begin(20_000_000);
    const patch = httpRequest(api.url + open.relay, {
      method: 'PATCH',
      headers: { ...patchAt(0), authorization: `Bearer ${user.token()}`, 'content-length': 20_000_000 },
    });
    patch.on('error', () => {});
    patch.write(mp4Bytes(10_000_000), () => patch.destroy());
    await new Promise((resolve) => patch.once('close', resolve));
    const standing = async () => (await call<OpenUpload>('POST', `/api/uploads/${open.id}/resume`)).body.confirmedBytes;
    let confirmed = await standing();
    for (let look = 0; look < 50 && confirmed === 0; look += 1) {
      await sleep(100);
      confirmed = await standing();
    }
    expect(confirmed).toBeGreaterThan(1_000_000);
    const rest = mp4Bytes(20_000_000).subarray(confirmed);
    expect((await call('PATCH', open.relay, { headers: patchAt(confirmed), bytes: rest })).status).toBe(204);
    await cancel(open);
  });
});

describe('limits', () => {
  it('a process passes on only so many; the next is told to come again', async () => {
    const limited = await lab.start({ RELAY_MAX: '1', RELAY_STALL_SECONDS: '4' });
    const as = createCaller(limited.url, user.token());
    const [first, second] = [await begin(8_000_000), await begin(8_000_000)];
    // Sends a part and then nothing; it may itself come while the other is being passed on.
    const startSlow = () => {
      const request = httpRequest(limited.url + first.relay, {
        method: 'PATCH',
        headers: { ...patchAt(0), authorization: `Bearer ${user.token()}`, 'content-length': 8_000_000 },
      });
      let status: number | undefined;
      const answer = once(request, 'response').then(([response]) => {
        response.resume();
        status = response.statusCode as number;
        return status;
      });
      request.on('error', () => {});
      request.write(mp4Bytes(100_000));
      return { answer, isTurnedAway: () => status === 429 };
    };
    let slow = startSlow();
    let busy = await as<ToldError>('PATCH', second.relay, { headers: patchAt(0), bytes: mp4Bytes(1000) });
    for (let look = 0; look < 20 && busy.status !== 429; look += 1) {
      if (slow.isTurnedAway()) slow = startSlow();
      await sleep(50);
      const offset = Number((await as('HEAD', second.relay, { headers: TUS })).headers.get('upload-offset'));
      busy = await as<ToldError>('PATCH', second.relay, { headers: patchAt(offset), bytes: mp4Bytes(1000) });
    }
    expect(busy.body.error).toMatchObject({ code: 'relay_busy', details: { running: 1, limit: 1 } });
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
    // One that sends nothing is not waited for: after 4 s of silence its place is free again.
    expect(await slow.answer).toBe(503);
    const offset = Number((await as('HEAD', second.relay, { headers: TUS })).headers.get('upload-offset'));
    expect((await as('PATCH', second.relay, { headers: patchAt(offset), bytes: mp4Bytes(1000) })).status).toBe(204);
    for (const open of [first, second]) await cancel(open);
    await limited.end('SIGKILL');
  });

  it('a user who sends slowly leaves places for others', async () => {
    const limited = await lab.start({ RELAY_MAX: '2', RELAY_MAX_PER_USER: '1' });
    const [mine, another] = [await begin(8_000_000), await begin(8_000_000)];
    const startSlow = (): ReturnType<typeof httpRequest> => {
      const request = httpRequest(limited.url + mine.relay, {
        method: 'PATCH',
        headers: { ...patchAt(0), authorization: `Bearer ${user.token()}`, 'content-length': 8_000_000 },
      });
      request.on('error', () => {});
      // It may itself come while the other is being passed on.
      request.on('response', (answer) => {
        answer.resume();
        if (answer.statusCode === 429) slow = startSlow();
      });
      request.write(mp4Bytes(100_000));
      return request;
    };
    let slow = startSlow();
    const as = createCaller(limited.url, user.token());
    // Refused only while the slow one has its place.
    await expect.poll(async () => (await as('PATCH', another.relay, { headers: patchAt(8_000_000) })).status).toBe(429);
    const stranger = createCaller(limited.url, (await createTestUser()).token());
    const json = { fileName: 'b.mp4', size: 8_000_000 };
    const { body: theirs } = await stranger<OpenUpload>('POST', '/api/uploads', { json });
    const sent = await stranger('PATCH', String(theirs.relayUploadUrl), { headers: patchAt(0), bytes: mp4Bytes(1000) });
    expect(sent.status).toBe(204);
    slow.destroy();
    await stranger('DELETE', `/api/uploads/${theirs.id}`);
    for (const open of [mine, another]) await cancel(open);
    await limited.end('SIGKILL');
  });

  it('a Storage that stalls or breaks off is told as such, and an edge’s 413 is passed on', async () => {
    const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), ({ method, bytes }) => {
      if (method !== 'PATCH') return { kind: 'pass' };
      if (bytes > 25_000_000) return { kind: 'answer', status: 413, body: '<html>too large</html>' };
      if (bytes > 15_000_000) return { kind: 'stall', afterBytes: 100_000 };
      return { kind: 'close-early' };
    });
    const behind = await lab.start({ SUPABASE_URL: proxy.url, RELAY_STALL_SECONDS: '2' });
    const as = createCaller(behind.url, user.token());
    const open = await begin(30_000_000);
    const patch = (bytes: number) =>
      as<ToldError>('PATCH', open.relay, { headers: patchAt(0), bytes: mp4Bytes(bytes) });
    expect((await patch(28_000_000)).status).toBe(413);
    for (const bytes of [20_000_000, 1_000_000]) {
      const answer = await patch(bytes);
      expect([answer.status, answer.body.error.code]).toEqual([503, 'storage_unavailable']);
    }
    await cancel(open);
    await behind.end('SIGKILL');
    await proxy.close();
  });
});
