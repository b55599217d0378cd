/**
 * A TCP proxy that is a longer or a narrower way: every byte arrives so much later, and no more of them in a second than
 * the way lets through. Both directions are ways of their own, and all connections share them, as at home.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { LOOPBACK } from '../stack/ports.ts';

export interface DelayProxy {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export interface WayOptions {
  /** Of each direction, in milliseconds: a round trip takes twice as long. */
  readonly delayMs: number;
  /** What each direction lets through, in bytes a second. Default: as much as there is. */
  readonly bytesPerSecond?: number | undefined;
}

/** What is on its way in one direction before no more is read, in bytes: enough for 500 MB/s over 60 ms. */
const IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** What waits before a narrow way, in milliseconds of its rate: as much as routers keep. */
const QUEUE_MS = 100;

/** When a chunk that comes now will be there, by a clock in milliseconds. */
type Direction = (bytes: number) => number;

/** Opens a proxy to a port of this machine. */
export async function openDelayProxy(targetPort: number, way: WayOptions): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const there = createDirection(way);
  const back = createDirection(way);
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: targetPort, host: LOOPBACK, allowHalfOpen: true });
    for (const [from, to, arrivalOf] of [
      [near, far, there],
      [far, near, back],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from));
      carryBytes(from, to, arrivalOf, inFlightBytes(way));
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

const inFlightBytes = ({ delayMs, bytesPerSecond }: WayOptions): number =>
  bytesPerSecond === undefined
    ? IN_FLIGHT_BYTES
    : Math.min(IN_FLIGHT_BYTES, (bytesPerSecond * (delayMs + QUEUE_MS)) / 1000);

function createDirection({ delayMs, bytesPerSecond = Number.POSITIVE_INFINITY }: WayOptions): Direction {
  let freeAt = 0;
  return (bytes) => {
    freeAt = Math.max(performance.now(), freeAt) + (bytes / bytesPerSecond) * 1000;
    return freeAt + delayMs;
  };
}

/** What is under way: a part, or the end. */
interface Underway {
  readonly chunk: Buffer | 'end';
  /** By the clock of {@link Direction}. */
  readonly arrivesAt: number;
}

/** One timer, for what arrives next: of several that are due at a time, Node does not say which comes first. */
function carryBytes(from: Socket, to: Socket, arrivalOf: Direction, most: number): void {
  const underway: Underway[] = [];
  let inFlight = 0;
  let timer: NodeJS.Timeout | undefined;
  const deliver = ({ chunk }: Underway) => {
    if (!to.writable) return;
    if (chunk === 'end') to.end();
    else
      to.write(chunk, () => {
        inFlight -= chunk.length;
        if (inFlight <= most) from.resume();
      });
  };
  const deliverDue = () => {
    timer = undefined;
    for (let next = underway[0]; next !== undefined && next.arrivesAt <= performance.now(); next = underway[0]) {
      underway.shift();
      deliver(next);
    }
    const [next] = underway;
    if (next !== undefined) timer = setTimeout(deliverDue, next.arrivesAt - performance.now());
  };
  const send = (chunk: Underway['chunk']) => {
    underway.push({ chunk, arrivesAt: arrivalOf(chunk === 'end' ? 0 : chunk.length) });
    timer ??= setTimeout(deliverDue, (underway[0]?.arrivesAt ?? 0) - performance.now());
  };
  from.on('data', (chunk: Buffer) => {
    inFlight += chunk.length;
    if (inFlight > most) from.pause();
    send(chunk);
  });
  from.on('end', () => send('end'));
  to.on('close', () => clearTimeout(timer));
}
