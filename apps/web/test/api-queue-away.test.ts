/** An unreachable queue: no request waits long for it, nothing is lost, and it is used again when it is back. */

import { openTcpFaultProxy, type TcpFaultProxy } from '@supabase-media/local-stack/fault-proxy/tcp-fault-proxy';
import { hasRedis, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebServer } from '../src/server/server.ts';
import { type Call, createCaller, mp4Bytes, type ToldError } from './support/api-lab.ts';
import { startOwnServer } from './support/own-server.ts';
import { createTestUser, type TestUser } from './support/test-user.ts';

/** Time limit for the queue in these tests, in milliseconds. */
const QUEUE_MS = 1000;

let redis: TestRedis;
let faultProxy: TcpFaultProxy;
let server: WebServer;
let user: TestUser;
let call: Call;

beforeAll(async () => {
  redis = await startRedis();
  faultProxy = await openTcpFaultProxy(Number(new URL(redis.url).port), 1e9);
  server = await startOwnServer({
    environment: {
      REDIS_URL: `redis://127.0.0.1:${faultProxy.port}`,
      DATABASE_URL: String(stackEnvironment().DATABASE_URL),
    },
    limits: { queueMs: QUEUE_MS },
  });
  user = await createTestUser();
  call = createCaller(server.url, user.token());
});
afterAll(async () => {
  await server?.stop();
  await faultProxy?.close();
  await redis?.stop();
});

async function upload(as = call): Promise<OpenUpload> {
  const bytes = mp4Bytes(1000);
  const json = { fileName: 'a.mp4', size: bytes.length };
  const { body: open } = await as<OpenUpload>('POST', '/api/uploads', { json });
  const headers = { 'content-type': open.contentType };
  expect((await fetch(open.endpoint, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status).toBe(200);
  return open;
}

const complete = ({ id }: OpenUpload, as = call) =>
  as<{ jobState: string } & ToldError>('POST', `/api/uploads/${id}/complete`);

describe.skipIf(!hasRedis())('completing while the queue is unreachable', () => {
  it('fails in time, reopens the upload, and succeeds when the queue is back', async () => {
    const [first, second] = [await upload(), await upload()];
    expect((await complete(first)).body.jobState).toBe('created');
    await faultProxy.shut();
    const started = performance.now();
    const refused = await complete(second);
    expect(performance.now() - started).toBeLessThan(5 * QUEUE_MS);
    expect([refused.status, refused.body.error.code]).toEqual([503, 'queue_unavailable']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call('GET', `/api/uploads/${second.id}`)).body).toMatchObject({ state: 'open' });
    expect((await call('GET', `/api/videos/${second.videoId}`)).status).toBe(404);
    // Canceling what never reached the queue needs none.
    expect((await call('DELETE', `/api/uploads/${(await upload()).id}`)).status).toBe(200);
    await faultProxy.open();
    await expect.poll(async () => (await complete(second)).status, { timeout: 10_000, interval: 500 }).toBe(200);
    expect((await call('GET', `/api/videos/${second.videoId}`)).body).toMatchObject({ status: 'queued' });
  });
});

describe.skipIf(!hasRedis())('a queue that is unreachable from the start', () => {
  it('is tried again whenever it is needed, and the process is not ready until it responds', async () => {
    await faultProxy.shut();
    const late = await startOwnServer({
      environment: { REDIS_URL: `redis://127.0.0.1:${faultProxy.port}` },
      limits: { queueMs: QUEUE_MS },
    });
    const as = createCaller(late.url, user.token());
    const open = await upload(as);
    const ready = async () => (await as('GET', '/ready')).status;
    expect(await ready()).toBe(503);
    expect((await complete(open, as)).body.error.code).toBe('queue_unavailable');
    await faultProxy.open();
    expect((await complete(open, as)).body.jobState).toBe('created');
    // What was found is remembered for five seconds.
    await expect.poll(ready, { timeout: 10_000, interval: 500 }).toBe(200);
    await late.stop();
  });
});
