import { expect, it } from 'vitest';
import { startHttpServer } from './server.ts';
import { TRAFFIC_PATH, type Traffic } from './traffic.ts';

it('counts bytes and requests of all who speak to it', async () => {
  const server = await startHttpServer({
    port: 0,
    routes: [
      [
        '/storage/v1',
        (request, response) => {
          request.resume().on('end', () => response.end('x'.repeat(3000)));
        },
      ],
    ],
  });
  const url = `http://127.0.0.1:${server.port}`;
  const read = async () => (await (await fetch(url + TRAFFIC_PATH)).json()) as Traffic;
  const before = await read();
  await (await fetch(`${url}/storage/v1/object`, { method: 'POST', body: 'y'.repeat(50_000) })).text();
  await (await fetch(`${url}/rest/v1/videos`)).text();
  const after = await read();
  await server.close(0);
  expect(before.requests).toEqual({});
  expect(after.requests).toEqual({ storage: 1, rest: 1 });
  expect(after.sentBytes - before.sentBytes).toBeGreaterThanOrEqual(50_000);
  expect(after.sentBytes - before.sentBytes).toBeLessThan(52_000);
  expect(after.receivedBytes - before.receivedBytes).toBeGreaterThanOrEqual(3000);
  expect(after.receivedBytes - before.receivedBytes).toBeLessThan(5000);
});
