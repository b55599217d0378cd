import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTcpFaultProxy, type TcpFaultProxy } from './tcp-fault-proxy.ts';

const BODY = Buffer.alloc(300_000, 'x');
const RATE = 1_000_000;

const server = createServer((request, response) => {
  request.resume().once('end', () => response.end(BODY));
});
let proxy: TcpFaultProxy;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await openTcpFaultProxy((server.address() as AddressInfo).port, RATE);
});
afterAll(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

const ask = async (): Promise<number> =>
  (await (await fetch(`http://127.0.0.1:${proxy.port}/`)).arrayBuffer()).byteLength;

it('forwards everything within its rate limit', async () => {
  const started = performance.now();
  expect(await ask()).toBe(BODY.length);
  expect(performance.now() - started).toBeGreaterThan((BODY.length / RATE) * 1000 * 0.8);
});

it('resets open connections and rejects new ones while it is shut', async () => {
  const broken = expect(ask()).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await proxy.shut();
  await broken;
  await expect(ask()).rejects.toThrow();
  await proxy.open();
  expect(await ask()).toBe(BODY.length);
});

it('silently holds everything back until it is shut', async () => {
  proxy.hold();
  let hasAnswered = false;
  const held = expect(ask().finally(() => (hasAnswered = true))).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(hasAnswered).toBe(false);
  await proxy.shut();
  await held;
  await proxy.open();
  expect(await ask()).toBe(BODY.length);
});
