/** Discards the rest of a body whose response was sent before it was read completely. */
import type { IncomingMessage } from 'node:http';

/**
 * Reads this much, so that a client which reads the response only after sending still gets it; then the connection is
 * closed, so that no client sends gigabytes in vain.
 */
const DISCARD_MAX_BYTES = 8 * 1024 * 1024;

const DISCARD_MAX_MS = 10_000;

/** Reads and discards the rest of a body, within limits. */
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
