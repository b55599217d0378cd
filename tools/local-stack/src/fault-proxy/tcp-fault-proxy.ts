/** A TCP proxy that forwards bytes, holds them back, or resets every connection and rejects new ones. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { LOOPBACK } from '../stack/ports.ts';

export interface TcpFaultProxy {
  readonly port: number;
  /** Resets open connections and rejects new ones. */
  readonly shut: () => Promise<void>;
  /** Silently holds everything back, like a network that drops packets, until `shut`. */
  readonly hold: () => void;
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a proxy to a port of this machine.
 *
 * @param bytesPerSecond per direction and connection: what takes no time cannot be interrupted.
 */
export async function openTcpFaultProxy(
  targetPort: number,
  bytesPerSecond = Number.POSITIVE_INFINITY,
): Promise<TcpFaultProxy> {
  const sockets = new Set<Socket>();
  let isHeld = false;
  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ port: targetPort, host: LOOPBACK, allowHalfOpen: true });
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy()).on('close', () => sockets.delete(one));
        one.on('data', (chunk: Buffer) => {
          one.pause();
          if (isHeld) return;
          const isFull = !other.write(chunk);
          const waitMs = (chunk.length / bytesPerSecond) * 1000;
          setTimeout(
            () => (isFull && other.writableNeedDrain ? other.once('drain', () => one.resume()) : one.resume()),
            waitMs,
          );
        });
        one.on('end', () => other.end());
      }
    });
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
    return server;
  };
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as AddressInfo;
  const shut = async () => {
    isHeld = false;
    const closing = server;
    server = undefined;
    const closed = closing === undefined ? undefined : once(closing, 'close');
    closing?.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  return {
    port,
    shut,
    hold: () => {
      isHeld = true;
    },
    open: async () => {
      server ??= await listen(port);
    },
    close: shut,
  };
}
