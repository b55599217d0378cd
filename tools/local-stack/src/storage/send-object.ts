/** Answers with an object's bytes, or with what HTTP says about them. */
import { pipeline } from 'node:stream/promises';
import type { Exchange } from './exchange.ts';
import type { StoredObject } from './objects-table.ts';
import { parseRange } from './ranges.ts';
import type { StorageService } from './service.ts';
import { REFUSALS, StorageError } from './storage-error.ts';

export interface SendOptions {
  /** `?download`: asks the browser to save it, under this name if there is one. */
  readonly download: string | null;
  /** Unix time in seconds: until when a signed URL is good. */
  readonly expiresAt?: number;
}

/** Streams the object with back-pressure; a client that goes away ends the reading. */
export async function sendObject(
  service: StorageService,
  exchange: Exchange,
  object: StoredObject,
  options: SendOptions,
): Promise<void> {
  const { request, response, signal } = exchange;
  if (isNotModified(exchange, object)) {
    setObjectHeaders(exchange, object, options);
    response.writeHead(304).end();
    return;
  }
  if (service.store.isAway) throw REFUSALS.internal();
  const range = readRange(service, exchange, object.metadata.size);
  setObjectHeaders(exchange, object, options);
  response.setHeader('content-length', range ? range.end - range.start + 1 : object.metadata.size);
  if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${object.metadata.size}`);
  response.writeHead(range ? 206 : 200);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const source = service.blobs.read(object.version, range);
  await pipeline(source, response, { signal }).catch((error: unknown) => {
    // The headers are out: all that can be said now is that the answer is incomplete.
    response.destroy(error instanceof Error ? error : undefined);
  });
}

/** Answers a HEAD: the object's headers and no more. */
export function sendObjectHead(exchange: Exchange, object: StoredObject): void {
  setObjectHeaders(exchange, object, { download: null });
  exchange.response.setHeader('content-length', object.metadata.size);
  exchange.response.writeHead(200).end();
}

function setObjectHeaders(exchange: Exchange, object: StoredObject, options: SendOptions): void {
  const { response } = exchange;
  const { metadata } = object;
  // A stored page must not run in this origin.
  const type = metadata.mimetype.includes('text/html') ? 'text/plain' : metadata.mimetype;
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('content-type', type);
  response.setHeader('etag', metadata.eTag);
  response.setHeader('last-modified', new Date(metadata.lastModified).toUTCString());
  response.setHeader('x-robots-tag', 'none');
  if (options.expiresAt === undefined) response.setHeader('cache-control', metadata.cacheControl);
  else response.setHeader('expires', new Date(options.expiresAt * 1000).toUTCString());
  if (options.download === null) return;
  const name = encodeURIComponent(options.download);
  response.setHeader(
    'content-disposition',
    name === '' ? 'attachment;' : `attachment; filename=${name}; filename*=UTF-8''${name}`,
  );
}

function isNotModified(exchange: Exchange, object: StoredObject): boolean {
  const { headers } = exchange.request;
  if (headers['if-none-match'] !== undefined) return headers['if-none-match'] === object.metadata.eTag;
  const since = Date.parse(headers['if-modified-since'] ?? '');
  const modified = Math.floor(Date.parse(object.metadata.lastModified) / 1000) * 1000;
  return !Number.isNaN(since) && modified <= since;
}

function readRange(
  service: StorageService,
  exchange: Exchange,
  size: number,
): { start: number; end: number } | undefined {
  try {
    return parseRange(exchange.request.headers.range, size);
  } catch (error) {
    if (error instanceof StorageError && error.code === REFUSALS.badRange().code) {
      const refusal = service.store.refuseRange();
      if (refusal.status === 416) exchange.response.setHeader('content-range', `bytes */${size}`);
      throw refusal;
    }
    throw error;
  }
}
