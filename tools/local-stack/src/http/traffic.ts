/** What went through the stack's port since it was opened: the same count for every program that speaks to it. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** As clients see it: `sent` came from them, `received` went to them; headers included. In bytes. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Requests by their first part: `storage`, `rest`, `auth`. Those for this count are not counted. */
  readonly requests: Readonly<Record<string, number>>;
}

export interface TrafficCounter {
  readonly countRequest: (path: string) => void;
  readonly read: () => Traffic;
}

/** The path that answers with {@link Traffic}. */
export const TRAFFIC_PATH = '/traffic';

/** Counts by the sockets themselves, so that it costs nothing while bytes pass. */
export function countTraffic(server: Server): TrafficCounter {
  const open = new Set<Socket>();
  const ended = { sentBytes: 0, receivedBytes: 0 };
  const requests = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      ended.sentBytes += socket.bytesRead;
      ended.receivedBytes += socket.bytesWritten;
    });
  });
  return {
    countRequest: (path) => {
      const [, first = ''] = /^\/(\w*)/.exec(path) ?? [];
      if (`/${first}` !== TRAFFIC_PATH) requests.set(first, (requests.get(first) ?? 0) + 1);
    },
    read: () => {
      let { sentBytes, receivedBytes } = ended;
      for (const socket of open) {
        sentBytes += socket.bytesRead;
        receivedBytes += socket.bytesWritten;
      }
      return { sentBytes, receivedBytes, requests: Object.fromEntries(requests) };
    },
  };
}
