/** The headers that the proxy forwards. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** Of one connection only (RFC 9110, 7.6.1); and `expect`, which our own server has answered. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** The headers for the other server, with the address that the client uses, so that its URLs lead back here. */
export function forwardedHeaders(
  request: IncomingMessage,
  options: { target: URL; prefix: string },
): OutgoingHttpHeaders {
  const headers = withoutHopByHop(request.headers);
  const { host, proto, port } = describeOrigin(request);
  headers.host = options.target.host;
  headers['x-forwarded-host'] = host;
  headers['x-forwarded-proto'] = proto;
  headers['x-forwarded-port'] = port;
  headers['x-forwarded-prefix'] = options.prefix;
  // The key may come in `apikey` alone; a Storage server without a gateway reads only this one.
  if (headers.authorization === undefined && typeof headers.apikey === 'string') {
    headers.authorization = `Bearer ${headers.apikey}`;
  }
  // Without a length the body is chunked, as it came.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  return headers;
}

/** The headers for the client; a Location with another host or scheme is rewritten to lead back here. */
export function returnedHeaders(
  request: IncomingMessage,
  headers: IncomingHttpHeaders,
  prefix: string,
): OutgoingHttpHeaders {
  const returned = withoutHopByHop(headers);
  if (typeof returned.location !== 'string') return returned;
  const { proto, host } = describeOrigin(request);
  const base = `${proto}://${host}${prefix}`;
  const start = returned.location.indexOf('/upload/resumable/');
  if (start >= 0 && !returned.location.startsWith(`${base}/`)) {
    returned.location = `${base}${returned.location.slice(start)}`;
  }
  return returned;
}

function withoutHopByHop(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.has(name)));
}

/** The address that the client uses: from a proxy's X-Forwarded headers, else from the request. */
function describeOrigin(request: IncomingMessage): { host: string; proto: string; port: string } {
  const { headers } = request;
  const host = headers['x-forwarded-host']?.toString() ?? headers.host ?? 'localhost';
  const proto = headers['x-forwarded-proto']?.toString() ?? 'http';
  const port =
    headers['x-forwarded-port']?.toString() ?? /:(\d+)$/.exec(host)?.[1] ?? (proto === 'https' ? '443' : '80');
  return { host, proto, port };
}
