/** What the timeouts of requests end and what they do not; they are fifty times shorter here. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebServer } from '../src/server/server.ts';
import { type Call, createCaller, mp4Bytes } from './support/api-lab.ts';
import { type HoldingProxy, startHoldingProxy } from './support/holding-proxy.ts';
import { startOwnServer } from './support/own-server.ts';
import { createTestUser, type TestUser } from './support/test-user.ts';

/** Of a body, in milliseconds; whoever sends nothing is idle for twice as long. */
const BODY_MS = 300;
/** Storage says so late what stands there, in milliseconds. */
const VERIFY_MS = 2000;

let server: WebServer;
let slow: HoldingProxy;
let user: TestUser;
let call: Call;

beforeAll(async () => {
  slow = await startHoldingProxy(stackValue('SUPABASE_URL'), ({ path }) =>
    path.includes('/object/info/') ? sleep(VERIFY_MS) : undefined,
  );
  server = await startOwnServer({
    environment: { SUPABASE_URL: slow.url },
    limits: { bodyMs: BODY_MS, idleMs: 2 * BODY_MS, discardMs: BODY_MS },
  });
  user = await createTestUser();
  call = createCaller(server.url, user.token());
});
afterAll(async () => {
  await server?.stop();
  await slow?.close();
});

/** Begins an upload and sends its bytes. */
async function upload(): Promise<OpenUpload> {
  const bytes = mp4Bytes(1000);
  const json = { fileName: 'a.mp4', size: bytes.length };
  const { body: open } = await call<OpenUpload>('POST', '/api/uploads', { json });
  const { status } = await fetch(open.endpoint, {
    method: 'PUT',
    headers: { 'content-type': open.contentType },
    body: new Uint8Array(bytes),
  });
  expect(status).toBe(200);
  return open;
}

describe('a request without a body', () => {
  it('is answered after a verification that takes longer than the body and idle timeouts', async () => {
    const open = await upload();
    const started = performance.now();
    const answer = await call('POST', `/api/uploads/${open.id}/complete`);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('completed')]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(VERIFY_MS - 50);
  });

  it('streams events for longer than the body timeout', async () => {
    const patient = await startOwnServer({ limits: { bodyMs: BODY_MS } });
    const open = await upload();
    expect((await call('POST', `/api/uploads/${open.id}/complete`)).status).toBe(200);
    const leave = new AbortController();
    const answer = await fetch(`${patient.url}/api/videos/${open.videoId}/events`, {
      headers: { authorization: `Bearer ${user.token()}` },
      signal: leave.signal,
    });
    let isOver = false;
    const reading = answer.text().then(
      () => (isOver = true),
      () => (isOver = true),
    );
    await sleep(4 * BODY_MS);
    expect(isOver).toBe(false);
    leave.abort();
    await reading;
    await patient.stop();
  });
});

describe('a body that comes byte by byte', () => {
  const dripping = (path: string, authorization?: string): Promise<{ said: string; tookMs: number }> =>
    new Promise((resolve) => {
      const started = performance.now();
      let said = '';
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
        const sign = authorization === undefined ? '' : `authorization: ${authorization}\r\n`;
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: x\r\n${sign}content-type: application/json\r\ncontent-length: 9000\r\n\r\n`,
        );
      });
      const drip = setInterval(() => socket.write(' '), BODY_MS / 10);
      socket.on('data', (bytes) => {
        said += String(bytes);
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(drip);
        resolve({ said, tookMs: performance.now() - started });
      });
    });

  it.each([
    ['of a signed-in caller', '/api/uploads', () => `Bearer ${user.token()}`, ''],
    ['of a refused caller', '/api/uploads', () => undefined, '401'],
    ['to no address', '/api/nothing', () => undefined, ''],
    ['to the relay, refused', '/api/uploads/x/relay', () => undefined, '401'],
  ])(
    '%s is cut',
    async (_what, path, authorization, status) => {
      const { said, tookMs } = await dripping(path, authorization());
      expect(said).toContain(status);
      expect(tookMs).toBeLessThan(10 * BODY_MS);
    },
    10_000,
  );
});
