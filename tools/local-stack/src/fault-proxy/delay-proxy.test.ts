import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRandom, randomContent, SEED } from '@supabase-media/test-support/random';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DelayProxy, openDelayProxy } from './delay-proxy.ts';

const BODY = Buffer.alloc(40_000_000, 'a little longer than what may be on its way');

const server = createServer(async (request, response) => {
  const hash = createHash('md5');
  for await (const chunk of request) hash.update(chunk as Buffer);
  response.end(hash.digest('hex'));
});
let proxy: DelayProxy;
let narrow: DelayProxy;
let home: DelayProxy;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  proxy = await openDelayProxy(port, { delayMs: 40 });
  narrow = await openDelayProxy(port, { delayMs: 5, bytesPerSecond: 4_000_000 });
  home = await openDelayProxy(port, { delayMs: 20, bytesPerSecond: 12_500_000 });
});
afterAll(async () => {
  await proxy.close();
  await narrow.close();
  await home.close();
  server.closeAllConnections();
  server.close();
});

const post = async (body: Buffer, by = proxy): Promise<string> =>
  (await fetch(`http://127.0.0.1:${by.port}/`, { method: 'POST', body: new Uint8Array(body) })).text();

it('adds its delay to each direction', async () => {
  await post(Buffer.alloc(1));
  const started = performance.now();
  await post(Buffer.alloc(1));
  expect(performance.now() - started).toBeGreaterThanOrEqual(78);
});

it('passes every byte in order, and more than what may be on its way at once', async () => {
  expect(await post(BODY)).toBe(createHash('md5').update(BODY).digest('hex'));
});

it('keeps the order while the process has other things to do', async () => {
  const random = createRandom(SEED);
  const body = randomContent(SEED, 20_000_000);
  const busy = setInterval(() => {
    const until = performance.now() + random() * 15;
    while (performance.now() < until);
  }, 20);
  const sent = await post(body, home).finally(() => clearInterval(busy));
  expect(sent, `TEST_SEED=${SEED}`).toBe(createHash('md5').update(body).digest('hex'));
});

it('lets no more through than its rate, however many connections share it', async () => {
  await post(Buffer.alloc(1), narrow);
  const started = performance.now();
  await Promise.all([post(BODY.subarray(0, 1_000_000), narrow), post(BODY.subarray(0, 1_000_000), narrow)]);
  const seconds = (performance.now() - started) / 1000;
  expect(seconds).toBeGreaterThanOrEqual(0.48);
});
