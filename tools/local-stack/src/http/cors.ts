/** Browsers of any origin may use the stack: it listens on loopback only, and every answer needs a key or a signature. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

const EXPOSED =
  'Location, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Defer-Length, Upload-Expires, Tus-Version, ' +
  'Tus-Resumable, Tus-Max-Size, Tus-Extension, Tus-Complete, Content-Range, Content-Length, Content-Disposition, ' +
  'Accept-Ranges, ETag, Last-Modified';

export function addCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
  response.setHeader('access-control-expose-headers', EXPOSED);
  response.setHeader('vary', 'Origin');
}

/** True for what a browser sends before a request (Fetch standard, CORS-preflight request). */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** Allows whatever is asked for, for an hour. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asked = request.headers['access-control-request-headers'];
  response.writeHead(204, {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': asked ?? 'authorization, apikey, content-type, x-client-info',
    'access-control-max-age': '3600',
  });
  response.end();
}
