import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTcpGate, type TcpGate } from './tcp-fault-proxy.ts';

const BODY = Buffer.alloc(300_000, 'x');
const RATE = 1_000_000;

const server = createServer((request, response) => {
  request.resume().once('end', () => response.end(BODY));
});
let gate: TcpGate;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  gate = await openTcpGate((server.address() as AddressInfo).port, RATE);
});
afterAll(async () => {
  await gate.close();
  server.closeAllConnections();
  server.close();
});

const ask = async (): Promise<number> =>
  (await (await fetch(`http://127.0.0.1:${gate.port}/`)).arrayBuffer()).byteLength;

it('lets everything through, no faster than it may', async () => {
  const started = performance.now();
  expect(await ask()).toBe(BODY.length);
  expect(performance.now() - started).toBeGreaterThan((BODY.length / RATE) * 1000 * 0.8);
});

it('breaks what is under way and refuses what comes while it is shut', async () => {
  const broken = expect(ask()).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await gate.shut();
  await broken;
  await expect(ask()).rejects.toThrow();
  await gate.open();
  expect(await ask()).toBe(BODY.length);
});

it('holds back what comes, and says nothing, until it is shut', async () => {
  gate.hold();
  let hasAnswered = false;
  const held = expect(ask().finally(() => (hasAnswered = true))).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(hasAnswered).toBe(false);
  await gate.shut();
  await held;
  await gate.open();
  expect(await ask()).toBe(BODY.length);
});
