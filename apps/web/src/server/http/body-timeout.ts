/**
 * The time limit for receiving a body. Node's own limit (`requestTimeout`) cannot distinguish a relayed file, which may
 * take an hour, from other bodies.
 */
import type { IncomingMessage } from 'node:http';

const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Ends the connection if the body is not complete in time. A request without a body is complete from the start. */
export function startBodyTimeout(request: IncomingMessage, timeoutMs: number): void {
  // `complete`, not `end`: a body that is not read, such as that of a GET, never ends.
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, timeoutMs);
  timers.set(request, timer);
  request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/** Removes the limit, for a body with its own timeouts. */
export function stopBodyTimeout(request: IncomingMessage): void {
  clearTimeout(timers.get(request));
}

/**
 * Removes the idle timeout, for a request whose response takes long. It applies again with the next request on the
 * connection.
 */
export function allowSilence(request: IncomingMessage): void {
  request.socket.setTimeout(0);
}
