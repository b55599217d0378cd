/** One request to Storage and its response. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { REFUSALS, StorageError } from './storage-error.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What follows `/storage/v1/`, decoded piece by piece; a coded slash inside a piece becomes a real one. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

export type ExchangeHandler = (exchange: Exchange) => Promise<void>;

/**
 * @param prefix what to take off the path
 * @returns undefined when a %-escape in the path is broken
 */
export function openExchange(request: IncomingMessage, response: ServerResponse, prefix: string): Exchange | undefined {
  const target = (request.url ?? '/').slice(prefix.length);
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const aborter = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) aborter.abort(new Error('The client closed the connection.'));
  });
  try {
    return {
      request,
      response,
      path: rawPath.split('/').slice(1).map(decodeURIComponent),
      query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
      signal: aborter.signal,
    };
  } catch {
    return undefined;
  }
}

/** The bucket and the object's name out of a path such as [bucket, folder, file]. */
export function splitObjectPath(path: readonly string[]): { bucket: string; name: string } {
  const [bucket = '', ...rest] = path;
  return { bucket, name: rest.join('/') };
}

export function sendJson(exchange: Exchange, body: unknown, status = 200): void {
  const text = JSON.stringify(body);
  exchange.response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  exchange.response.end(text);
}

/** REST's error form: HTTP 400 with the true status as text inside, 500 for what is our own fault. */
export function sendError(exchange: Exchange, error: unknown): void {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // What is left of the body is read and dropped, so that the client can finish sending and read the answer.
  exchange.request.unpipe();
  exchange.request.resume();
  const known = error instanceof StorageError ? error : REFUSALS.internal(error);
  const status = known.status >= 500 ? 500 : known.code === 'InvalidRange' ? known.status : 400;
  sendJson(
    exchange,
    { statusCode: String(known.status), error: known.error, message: known.message, code: known.code },
    status,
  );
}

const MAX_JSON_BYTES = 1024 * 1024;

/**
 * The request's JSON object; an empty body is an empty object.
 * @throws StorageError when it is no JSON object or longer than 1 MiB
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw REFUSALS.tooLarge();
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return Object.fromEntries(Object.entries(body));
  } catch {
    // Thrown below.
  }
  throw new StorageError({ status: 400, code: 'InvalidRequest', message: 'Body is not a valid JSON object' });
}
