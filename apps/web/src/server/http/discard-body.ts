/** What is done with a body that was answered before all of it was read. */
import type { IncomingMessage } from 'node:http';

/**
 * Reads so much of the rest that a client which only looks at the answer after sending still gets it; then the
 * connection is closed, and a client that would send gigabytes in vain stops.
 */
const DISCARD_MAX_BYTES = 8 * 1024 * 1024;

const DISCARD_MAX_MS = 10_000;

/** Reads and forgets the rest of a body, within limits; a request whose body is in stays as it is. */
export function discardBody(request: IncomingMessage, maxMs = DISCARD_MAX_MS): void {
  if (request.complete || request.destroyed) return;
  let left = DISCARD_MAX_BYTES;
  const timer = setTimeout(() => request.socket.destroy(), maxMs);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroy();
  });
  request.once('close', () => clearTimeout(timer));
  request.once('error', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
}
