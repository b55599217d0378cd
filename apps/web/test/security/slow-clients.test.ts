/** Clients that keep a place by sending a byte now and then. Real users on bad links are slow, too, and are let through. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
  TUS,
} from '../support/api-lab.ts';
import { createTestUser, type TestUser } from '../support/test-user.ts';

/** Uploads of this size are begun at Storage when the session is. */
const FILE_BYTES = 8_000_000;

/** Of one request, in bytes. */
const SIZE = 200_000;

let lab: ApiLab;
let api: ApiProcess;
let user: TestUser;
let call: Call;
beforeAll(async () => {
  lab = await openApiLab();
  // The shares of the defaults, a fifteenth of the time.
  api = await lab.start({ RELAY_STALL_SECONDS: '4', RELAY_MAX: '2', RELAY_MAX_PER_USER: '1' });
  user = await createTestUser();
  call = createCaller(api.url, user.token());
});
afterAll(() => lab?.close());

const begin = async (): Promise<{ readonly id: string; readonly relay: string }> => {
  const { body } = await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size: FILE_BYTES } });
  const relay = String(body.relayUploadUrl ?? body.relayEndpoint);
  return { id: body.id, relay };
};

interface SlowRequest {
  readonly socket: Socket;
  /** All that came back, once the server has ended the connection or the answer is whole. */
  readonly answered: Promise<string>;
}

/** Sends the head of a PATCH, and nothing of its body. */
function startPatch(path: string): SlowRequest {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const headers = { host: hostname, ...patchAt(0), authorization: `Bearer ${user.token()}`, 'content-length': SIZE };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`PATCH ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  const answered = new Promise<string>((resolve) => {
    socket.on('data', (data) => {
      text += String(data);
      if (/\r\n\r\n[\s\S]*\}$|^HTTP\/1\.1 204/.test(text)) resolve(text);
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });
  return { socket, answered };
}

/** Sends pieces at an interval until all is sent or the answer is there. */
async function drip({ socket, answered }: SlowRequest, bytes: Buffer, piece: number, everyMs: number): Promise<string> {
  let isAnswered = false;
  void answered.then(() => {
    isAnswered = true;
  });
  for (let at = 0; at < bytes.length && !isAnswered; at += piece) {
    socket.write(bytes.subarray(at, at + piece));
    await sleep(everyMs);
  }
  return answered.finally(() => socket.destroy());
}

describe('the relay', () => {
  it('ends a request that holds its place with a byte now and then, and says why', async () => {
    const open = await begin();
    const began = performance.now();
    const answer = await drip(startPatch(open.relay), mp4Bytes(SIZE), 1, 1000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/retry-after: \d/i);
    expect(answer).toContain('"code":"relay_too_slow"');
    expect(performance.now() - began).toBeLessThan(15_000);
    // The place is free again: with one for each user, the next request is taken.
    const { headers } = await call('HEAD', open.relay, { headers: TUS });
    const offset = Number(headers.get('upload-offset'));
    const rest = mp4Bytes(SIZE).subarray(offset);
    expect((await call('PATCH', open.relay, { headers: patchAt(offset), bytes: rest })).status).toBe(204);
    await call('DELETE', `/api/uploads/${open.id}`);
  });

  it('lets a user through who sends 20 KB a second', async () => {
    const open = await begin();
    const answer = await drip(startPatch(open.relay), mp4Bytes(SIZE), 10_000, 500);
    expect(answer).toMatch(/^HTTP\/1\.1 204/);
    await call('DELETE', `/api/uploads/${open.id}`);
  });
});

it('another body that comes a byte a second is not waited for', async () => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    `POST /api/uploads HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${user.token()}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`,
  );
  const dripping = setInterval(() => socket.write(' '), 1000);
  const began = performance.now();
  await closed;
  clearInterval(dripping);
  expect(performance.now() - began).toBeLessThan(45_000);
});
