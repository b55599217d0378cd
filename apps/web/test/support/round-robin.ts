/** A load balancer without sticky sessions: each request goes to the next server that answers. Bodies stream. */
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RoundRobinProxy {
  readonly url: string;
  /** How many requests each target got, in the order of the targets. */
  readonly counts: readonly number[];
  /** Which target has a request with a body under way; undefined: none. */
  readonly busyTarget: () => number | undefined;
  readonly close: () => Promise<void>;
}

export async function startRoundRobin(targets: readonly string[]): Promise<RoundRobinProxy> {
  const counts = targets.map(() => 0);
  const dead = new Set<number>();
  let next = 0;
  let busy: number | undefined;
  const choose = (): number => {
    do next = (next + 1) % targets.length;
    while (dead.has(next) && dead.size < targets.length);
    return next;
  };
  const server = createServer((incoming, outgoing) => {
    const index = choose();
    counts[index] = (counts[index] ?? 0) + 1;
    if (incoming.method === 'PATCH') busy = index;
    const upstream = forward(new URL(incoming.url ?? '/', targets[index]), {
      method: incoming.method,
      headers: incoming.headers,
    });
    upstream.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') dead.add(index);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad Gateway</body></html>');
    });
    upstream.on('close', () => {
      if (busy === index) busy = undefined;
    });
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    busyTarget: () => busy,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
