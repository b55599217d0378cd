/**
 * How long a body may take to arrive, whoever reads it. Node's own clock (`requestTimeout`) cannot tell a relayed file,
 * which may take an hour, from the rest.
 */
import type { IncomingMessage } from 'node:http';

const clocks = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Ends the connection unless the body is in by then. One that has no body is in from the beginning. */
export function startBodyTimeout(request: IncomingMessage, timeoutMs: number): void {
  // `complete`, not `end`: a body that nobody reads, such as that of a GET, never ends.
  const clock = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, timeoutMs);
  clocks.set(request, clock);
  request.once('end', () => clearTimeout(clock)).once('close', () => clearTimeout(clock));
}

/** For a body that has clocks of its own. */
export function stopBodyTimeout(request: IncomingMessage): void {
  clearTimeout(clocks.get(request));
}

/**
 * For a request whose answer takes long: its client has nothing to say meanwhile. With the next request on the
 * connection silence counts again.
 */
export function allowSilence(request: IncomingMessage): void {
  request.socket.setTimeout(0);
}
