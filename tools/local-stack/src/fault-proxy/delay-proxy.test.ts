import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DelayProxy, openDelayProxy } from './delay-proxy.ts';

const BODY = Buffer.alloc(40_000_000, 'a little longer than what may be on its way');

const server = createServer(async (request, response) => {
  const hash = createHash('md5');
  for await (const chunk of request) hash.update(chunk as Buffer);
  response.end(hash.digest('hex'));
});
let proxy: DelayProxy;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await openDelayProxy((server.address() as AddressInfo).port, 40);
});
afterAll(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

const post = async (body: Buffer): Promise<string> =>
  (await fetch(`http://127.0.0.1:${proxy.port}/`, { method: 'POST', body: new Uint8Array(body) })).text();

it('adds its delay to each direction', async () => {
  await post(Buffer.alloc(1));
  const started = performance.now();
  await post(Buffer.alloc(1));
  expect(performance.now() - started).toBeGreaterThanOrEqual(78);
});

it('passes every byte in order, and more than what may be on its way at once', async () => {
  expect(await post(BODY)).toBe(createHash('md5').update(BODY).digest('hex'));
});
