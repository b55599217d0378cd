/** Sends by node:http, for tests and programs; the body streams with back-pressure and its length announced. */
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { type Transport, type TransportAnswer, TransportError, type TransportRequest } from '../transport.ts';

/** A transport with connections of its own. */
export interface NodeTransport {
  readonly send: Transport;
  /** Ends its connections. */
  readonly close: () => void;
}

/** No more is kept of an answer, in bytes. */
const ANSWER_MAX_BYTES = 64 * 1024;

export function openNodeTransport(): NodeTransport {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  return {
    send: (request) => sendRequest(request, agents),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

async function sendRequest(request: TransportRequest, agents: Agents): Promise<TransportAnswer> {
  request.signal.throwIfAborted();
  const isSecure = request.url.startsWith('https:');
  const outgoing = (isSecure ? https : http).request(request.url, {
    method: request.method,
    agent: isSecure ? agents.https : agents.http,
    headers: { ...request.headers, 'content-length': request.body?.size ?? 0 },
    signal: request.signal,
  });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  answered.catch(() => {});
  try {
    const unread = writeBody(outgoing, request);
    const incoming = await Promise.race([answered, unread.then(() => answered)]);
    return await readAnswer(incoming);
  } catch (cause) {
    request.signal.throwIfAborted();
    if (cause instanceof TransportError) throw cause;
    throw new TransportError('network', `${request.method}: ${String(cause)}`, { cause });
  } finally {
    // An answer that came before the body was read leaves a connection that nothing else can use.
    if (!outgoing.writableFinished) outgoing.destroy();
  }
}

/** Ends when all is written, or when nobody reads any more; fails only when the file cannot be read. */
async function writeBody(outgoing: http.ClientRequest, request: TransportRequest): Promise<void> {
  if (request.body === undefined) {
    outgoing.end();
    return;
  }
  const closed = once(outgoing, 'close').catch(() => {});
  const source = Readable.fromWeb(request.body.stream() as Parameters<typeof Readable.fromWeb>[0]);
  let sent = 0;
  try {
    for await (const piece of source as AsyncIterable<Uint8Array>) {
      if (outgoing.destroyed) return;
      const isTaken = outgoing.write(piece);
      if (!isTaken) await Promise.race([once(outgoing, 'drain').catch(() => {}), closed]);
      sent += piece.byteLength;
      request.onSent?.(sent);
    }
  } catch (cause) {
    outgoing.destroy();
    throw new TransportError('unreadable', 'The file cannot be read.', { cause });
  } finally {
    source.destroy();
  }
  outgoing.end();
}

async function readAnswer(incoming: http.IncomingMessage): Promise<TransportAnswer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    if (bytes < ANSWER_MAX_BYTES) pieces.push(piece);
    bytes += piece.length;
  }
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name.toLowerCase()];
      return value === undefined ? null : String(value);
    },
    body: Buffer.concat(pieces).toString('utf8'),
  };
}
