/** A TCP proxy that makes a way longer: every byte arrives so much later, in both directions, and as many pass as before. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { LOOPBACK } from '../stack/ports.ts';

export interface DelayProxy {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** What is on its way in one direction before no more is read, in bytes: enough for 500 MB/s over 60 ms. */
const IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/**
 * Opens a proxy to a port of this machine.
 *
 * @param delayMs of each direction: a round trip takes twice as long.
 */
export async function openDelayProxy(targetPort: number, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: targetPort, host: LOOPBACK, allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from));
      delayBytes(from, to, delayMs);
    }
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function delayBytes(from: Socket, to: Socket, delayMs: number): void {
  let inFlight = 0;
  from.on('data', (chunk: Buffer) => {
    inFlight += chunk.length;
    if (inFlight > IN_FLIGHT_BYTES) from.pause();
    setTimeout(() => {
      if (!to.writable) return;
      to.write(chunk, () => {
        inFlight -= chunk.length;
        if (inFlight <= IN_FLIGHT_BYTES) from.resume();
      });
    }, delayMs);
  });
  from.on('end', () => setTimeout(() => to.end(), delayMs));
}
