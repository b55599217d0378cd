/** A proxy before the stack that holds requests back before they pass: what happens meanwhile comes first. */
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface HoldingProxy {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** @param hold answers what a request waits for; undefined lets it pass at once. Its answer comes back as it is. */
export async function startHoldingProxy(
  target: string,
  hold: (request: { readonly method: string; readonly path: string }) => Promise<unknown> | undefined,
): Promise<HoldingProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming;
    await hold({ method, path });
    const onward = forward(new URL(path, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => {});
    });
    onward.on('error', () => outgoing.destroy());
    pipeline(incoming, onward, () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
