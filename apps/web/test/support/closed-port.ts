/** An address at which nobody listens. */
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return `http://127.0.0.1:${address.port}`;
}
