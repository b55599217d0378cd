/**
 * A proxy in front of the stack that breaks what it is told to break: cuts a body at a byte, stops reading, answers in
 * Storage's place, loses an answer after the body was stored. Bodies stream through it; nothing is kept.
 */
import { once } from 'node:events';
import {
  createServer,
  request as forward,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream';

/** What happens to one request. */
export type Fault =
  /** It passes. */
  | { readonly kind: 'pass' }
  /** Answered here; the body is read first when `afterBody`, else the answer comes at once and the connection closes. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly afterBody?: boolean;
    }
  /** The connection is reset without a word as soon as the first bytes of the body are there. */
  | { readonly kind: 'close-early' }
  /** The connection is reset once this many bytes of the body have passed. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The body is kept from Storage, as a proxy does that waits for all of it; the connection is reset after so long. */
  | { readonly kind: 'hold-back'; readonly ms: number }
  /** The body is read no further after this many bytes; the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Storage gets everything and answers; the answer is replaced by this status, or by a reset when there is none. */
  | { readonly kind: 'lose-answer'; readonly status?: number }
  /** It passes, but for one bit of the byte at this offset of the body. */
  | { readonly kind: 'flip-bit'; readonly at: number }
  /** It passes no faster than this. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** It passes, but the answer names another place than the real one. */
  | { readonly kind: 'rewrite-location'; readonly origin: string }
  /** Storage gets everything; its answer is held back for so long. */
  | { readonly kind: 'answer-late'; readonly ms: number }
  /** It passes, but the answer's text is changed; for short answers. */
  | { readonly kind: 'alter-answer'; readonly from: string | RegExp; readonly to: string }
  /** It passes, but these headers of the answer are replaced. */
  | { readonly kind: 'rewrite-headers'; readonly headers: Readonly<Record<string, string>> }
  /** The answer's body is reset once this many bytes of it have passed. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** The answer's body goes no further after this many bytes; the connection stays open. */
  | { readonly kind: 'stall-answer'; readonly afterBytes: number };

/** One request as a rule sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Counts requests of this method and path, from 1. */
  readonly count: number;
  /** Content-Length; 0 where there is none. */
  readonly bytes: number;
}

export type FaultRule = (request: SeenRequest) => Fault;

/** A running proxy. */
export interface FaultProxy {
  readonly url: string;
  /** Every request so far, in order: `POST /storage/v1/object/…`. */
  readonly seen: readonly string[];
  readonly close: () => Promise<void>;
}

const PASS: Fault = { kind: 'pass' };

/**
 * Starts a proxy in front of `target`.
 *
 * @param onBytes told the size of each piece of a body that arrives.
 */
export async function startFaultProxy(
  target: string,
  rule: FaultRule,
  onBytes?: (bytes: number) => void,
): Promise<FaultProxy> {
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url}`;
    seen.push(line);
    const count = seen.filter((earlier) => earlier === line).length;
    const fault =
      rule({
        method: String(incoming.method),
        path: String(incoming.url),
        count,
        bytes: Number(incoming.headers['content-length'] ?? 0),
      }) ?? PASS;
    if (onBytes !== undefined) incoming.on('data', (chunk: Buffer) => onBytes(chunk.length));
    handle(new URL(target), incoming, outgoing, fault);
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function alterAnswer(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  fault: Extract<Fault, { kind: 'alter-answer' }>,
): Promise<void> {
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  const altered = text.replace(fault.from, fault.to);
  outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': Buffer.byteLength(altered) });
  outgoing.end(altered);
}

function flipBit(chunk: Buffer, index: number): void {
  const byte = chunk[index];
  if (byte !== undefined) chunk[index] = byte ^ 1;
}

function rewriteHeaders(headers: IncomingHttpHeaders, fault: Fault): IncomingHttpHeaders {
  if (fault.kind === 'rewrite-headers') return { ...headers, ...fault.headers };
  if (fault.kind !== 'rewrite-location' || headers.location === undefined) return headers;
  return { ...headers, location: fault.origin + new URL(headers.location, 'http://none').pathname };
}

function handle(target: URL, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): void {
  if (fault.kind === 'answer') {
    const body = fault.body ?? '';
    const headers = { ...fault.headers, 'content-length': Buffer.byteLength(body) };
    if (fault.afterBody) {
      incoming.resume().once('end', () => outgoing.writeHead(fault.status, headers).end(body));
    } else {
      // Early, and then reading on without looking, as nginx does: closing at once would reset the answer away.
      const early = outgoing.writeHead(fault.status, { ...headers, connection: 'close' });
      if (incoming.method === 'HEAD') early.end();
      else early.write(body);
      incoming.resume();
    }
    return;
  }
  if (fault.kind === 'hold-back') {
    incoming.resume();
    setTimeout(() => incoming.socket.resetAndDestroy(), fault.ms);
    return;
  }
  const upstream = forward({
    host: target.hostname,
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    headers: incoming.headers,
  });
  const reset = () => {
    incoming.socket.resetAndDestroy();
    upstream.destroy();
  };
  let isAnswered = false;
  upstream.on('error', () => {
    if (!isAnswered) return void incoming.socket.destroy();
    // Storage refused before the end of the body and closed: its answer is on the way, the rest of the body is not wanted.
    incoming.removeAllListeners('data').resume();
  });
  finished(incoming, (error) => {
    if (error) upstream.destroy();
  });
  upstream.on('response', (answer) => {
    isAnswered = true;
    if (fault.kind === 'lose-answer') {
      answer.resume();
      answer.once('end', () => {
        if (fault.status === undefined) return reset();
        outgoing.writeHead(fault.status, { 'content-type': 'text/html' });
        return outgoing.end('<html><body>Bad Gateway</body></html>');
      });
      return;
    }
    if (fault.kind === 'alter-answer') return void alterAnswer(answer, outgoing, fault);
    if (fault.kind === 'answer-late')
      return void setTimeout(() => answer.pipe(outgoing.writeHead(204, answer.headers)), fault.ms);
    outgoing.writeHead(answer.statusCode ?? 502, rewriteHeaders(answer.headers, fault));
    if (fault.kind !== 'cut-answer' && fault.kind !== 'stall-answer') return void answer.pipe(outgoing);
    let passed = 0;
    answer.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      outgoing.write(chunk);
      if (passed < fault.afterBytes) return;
      if (fault.kind === 'cut-answer') reset();
      else answer.pause();
    });
    answer.once('end', () => outgoing.end());
  });
  let passed = 0;
  incoming.on('data', (chunk: Buffer) => {
    if (fault.kind === 'flip-bit') flipBit(chunk, fault.at - passed);
    passed += chunk.length;
    if (fault.kind === 'close-early') return reset();
    if (fault.kind === 'cut' && passed >= fault.afterBytes) {
      // What passed has left for Storage before the connection dies: a test that counts on progress gets some.
      incoming.pause();
      upstream.write(chunk, () => reset());
      return undefined;
    }
    if (fault.kind === 'stall' && passed >= fault.afterBytes) return void incoming.pause();
    const isFull = !upstream.write(chunk);
    if (fault.kind === 'throttle') {
      incoming.pause();
      setTimeout(() => incoming.resume(), (chunk.length / fault.bytesPerSecond) * 1000);
    } else if (isFull) {
      incoming.pause();
      upstream.once('drain', () => incoming.resume());
    }
    return undefined;
  });
  incoming.once('end', () => upstream.end());
}
