/** What the transport leaves behind, seen from the server's end. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TIMEOUTS } from '@supabase-media/test-support/uploads';
import { expect, it, onTestFinished } from 'vitest';
import { Transport } from '../src/transport.ts';

/** A server of objects that are larger than what sockets buffer, and the connections to it. */
async function serveLargeObjects() {
  const server = createServer((_request, answer) => answer.end(Buffer.alloc(20_000_000)));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/object`, sockets };
}

it('lets go of an answer that nobody wants to read', async () => {
  const { url, sockets } = await serveLargeObjects();
  const transport = new Transport(1_000);
  onTestFinished(() => transport.close());
  const refused = transport.receive({ method: 'GET', url, timeouts: TIMEOUTS, action: 'Reading' }, async () => {
    throw new Error('no room');
  });
  await expect(refused).rejects.toThrowError('no room');
  for (let waited = 0; sockets.size > 0 && waited < 5_000; waited += 20) await sleep(20);
  expect(sockets.size).toBe(0);
});
