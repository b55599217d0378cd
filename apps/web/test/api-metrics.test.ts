/** The API's metrics as Prometheus reads them: balanced counts of sessions and relayed uploads, and its health. */
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { freePort } from '@supabase-media/test-support/ports';
import { hasRedisServer, startRedisServer } from '@supabase-media/test-support/redis-server';
import { stackValue, startOwnStack } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  patchAt,
} from './support/api-lab.ts';
import { createTestUser, type TestUser } from './support/test-user.ts';

let lab: ApiLab;
let user: TestUser;
let api: ApiProcess;
let call: Call;
let metricsUrl: string;
// A sweep takes what any test left in the database, so it has one to itself.
let stopStack: () => Promise<void>;
beforeAll(async () => {
  stopStack = await startOwnStack();
  lab = await openApiLab();
  user = await createTestUser();
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${port}`;
  api = await lab.start({ METRICS_PORT: String(port) });
  call = createCaller(api.url, user.token());
});
afterAll(async () => {
  await lab?.close();
  await stopStack?.();
});

/** Samples by name and labels, as in the text. */
const scrape = async (url = metricsUrl): Promise<Map<string, number>> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
};

/** Scrapes until a series has a value; a count may follow the response shortly after. */
const scrapeUntil = async (name: string, value: number): Promise<Map<string, number>> => {
  for (const until = performance.now() + 20_000; ; ) {
    const samples = await scrape();
    if (samples.get(name) === value || performance.now() > until) return samples;
  }
};

const begin = async (size: number): Promise<OpenUpload> =>
  (await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size } })).body;

const ended = (ending: string) => `media_upload_sessions_ended_total{ending="${ending}"}`;
const relayed = (name: string, more = '') => `media_uploads_${name}_total{route="relay"${more}}`;

describe('the metrics', () => {
  it('are served on a port of their own, with the queue and the process in them, and not by the API', async () => {
    const samples = await scrape();
    expect(samples.get('media_queue_up')).toBe(1);
    expect(samples.get('media_queue_workers')).toBe(0);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    for (const ending of ['completed', 'canceled', 'abandoned']) expect(samples.get(ended(ending))).toBe(0);
    expect((await call('GET', '/metrics')).status).toBe(404);
  });

  it('count each session once when it is created and once when it ends, by outcome', async () => {
    const [completed, canceled, forgotten, open] = [
      await begin(1000),
      await begin(1000),
      await begin(1000),
      await begin(1000),
    ];
    await fetch(completed.endpoint, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4' },
      body: new Uint8Array(mp4Bytes(1000)),
    });
    for (let time = 0; time < 2; time++)
      expect((await call('POST', `/api/uploads/${completed.id}/complete`)).status).toBe(200);
    for (let time = 0; time < 2; time++) expect((await call('DELETE', `/api/uploads/${canceled.id}`)).status).toBe(200);
    // Canceling a completed one stops its video; the session has had its end.
    expect((await call('DELETE', `/api/uploads/${completed.id}`)).body).toMatchObject({ state: 'canceled' });

    await lab.sql(`update upload_sessions set expires_at = now() - interval '1 hour' where id = $1`, [forgotten.id]);
    const port = await freePort();
    const sweeper = await lab.start({ METRICS_PORT: String(port), SWEEP_EVERY_SECONDS: '1' });
    const sweeperUrl = `http://127.0.0.1:${port}`;
    while ((await scrape(sweeperUrl)).get(ended('abandoned')) !== 1) await sleep(100);
    await sweeper.end('SIGTERM');

    const samples = await scrape();
    expect(samples.get('media_upload_sessions_created_total')).toBe(4);
    expect(samples.get(ended('completed'))).toBe(1);
    expect(samples.get(ended('canceled'))).toBe(1);
    await call('DELETE', `/api/uploads/${open.id}`);
  });

  it('count relayed requests with a body, by outcome', async () => {
    const open = await begin(8_000_000);
    const relay = String(open.relayUploadUrl);
    const bytes = mp4Bytes(8_000_000);
    const send = (offset: number, end: number) =>
      call('PATCH', relay, { bytes: bytes.subarray(offset, end), headers: patchAt(offset) });
    expect((await send(0, 3_000_000)).status).toBe(204);
    expect((await call('HEAD', relay, { headers: { 'tus-resumable': '1.0.0' } })).status).toBe(200);
    // Storage has another offset. A short body: of a long one Storage closes the connection at once, and the answer may be
    // lost to what is still being written.
    expect(await send(1_000_000, 1_001_000)).toMatchObject({ status: 409 });
    // The client leaves in the middle.
    const patch = httpRequest(api.url + relay, {
      method: 'PATCH',
      headers: { ...patchAt(3_000_000), authorization: `Bearer ${user.token()}`, 'content-length': 5_000_000 },
    });
    patch.on('error', () => {});
    patch.write(bytes.subarray(3_000_000, 4_000_000));
    await scrapeUntil(relayed('started'), 3);
    patch.destroy();
    const samples = await scrapeUntil(relayed('failed', ',code="aborted"'), 1);
    expect(samples.get(relayed('started'))).toBe(3);
    expect(samples.get(relayed('succeeded'))).toBe(1);
    expect(samples.get(relayed('failed', ',code="aborted"'))).toBe(1);
    expect(samples.get('media_upload_size_bytes_sum{route="relay"}')).toBe(3_000_000);
    expect(samples.get(relayed('failed', ',code="upload_conflict"'))).toBe(1);
    const failed = [...samples].filter(([name]) => name.startsWith('media_uploads_failed_total{route="relay"'));
    expect(failed.reduce((sum, [, value]) => sum + value, 0)).toBe(2);
    await call('DELETE', `/api/uploads/${open.id}`);
  });
});

describe('health', () => {
  it('reports which part does not respond, on both ports, and how long each took', async () => {
    const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), ({ path }) =>
      path.startsWith('/storage/') ? { kind: 'answer', status: 503, body: 'down' } : { kind: 'pass' },
    );
    const port = await freePort();
    const own = await lab.start({ METRICS_PORT: String(port), SUPABASE_URL: proxy.url });
    const well = { ok: true, ms: expect.any(Number) };
    for (const url of [own.url, `http://127.0.0.1:${port}`]) {
      const answer = await createCaller(url, undefined)('GET', '/ready');
      expect([answer.status, answer.body]).toEqual([
        503,
        {
          status: 'not_ready',
          parts: {
            database: well,
            storage: { ok: false, ms: expect.any(Number), code: expect.any(String) },
            queue: well,
          },
        },
      ]);
    }
    expect(await own.end('SIGTERM')).toBe(0);
    await proxy.close();
  });

  it.skipIf(!hasRedisServer())('notices a queue that was there and is gone', async () => {
    const redis = await startRedisServer(['--save', '']);
    const own = await lab.start({ REDIS_URL: redis.url });
    const ready = () => createCaller(own.url, undefined)<{ parts: { queue: { ok: boolean } } }>('GET', '/ready');
    expect((await ready()).body.parts.queue.ok).toBe(true);
    await redis.stop();
    // An answer is remembered for five seconds.
    let answer = await ready();
    for (const until = performance.now() + 20_000; answer.status === 200 && performance.now() < until; )
      answer = await ready();
    expect([answer.status, answer.body.parts.queue.ok]).toEqual([503, false]);
    expect(await own.end('SIGTERM')).toBe(0);
  });

  it('and metrics are served although the queue is down from the start', async () => {
    const port = await freePort();
    const own = await lab.start({ METRICS_PORT: String(port), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    const samples = await scrape(`http://127.0.0.1:${port}`);
    expect(samples.get('media_queue_up')).toBe(0);
    expect(samples.get('media_upload_sessions_created_total')).toBe(0);
    expect((await fetch(`http://127.0.0.1:${port}/live`)).status).toBe(200);
    expect(await own.end('SIGTERM')).toBe(0);
  });

  it('and metrics on a port in use end the server with the reason', async () => {
    const { exitCode, stderr } = await lab.run(['serve', '--port', '0'], { METRICS_PORT: new URL(metricsUrl).port });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('METRICS_PORT')]);
  });
});
