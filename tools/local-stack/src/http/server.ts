/**
 * One port for everything. Storage's handlers get node:http's own request and response, because bodies of gigabytes must
 * stream with back-pressure; only Lite, whose bodies are small, gets fetch's Request and Response.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LOOPBACK, portInUse } from '../stack/ports.ts';
import { systemErrorCode } from '../stack/stack-error.ts';
import { addCorsHeaders, answerPreflight } from './cors.ts';
import { countTraffic, TRAFFIC_PATH, type TrafficCounter } from './traffic.ts';

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpServer {
  readonly port: number;
  /** Ends open connections after `graceMs` and resolves when all are closed. */
  close(graceMs?: number): Promise<void>;
}

/** Path prefixes and their handlers; the first match handles a request. */
export type Routes = ReadonlyArray<readonly [prefix: string, handler: NodeHandler]>;

/** @throws StackError if the port is in use. */
export async function startHttpServer(options: { port: number; routes: Routes }): Promise<HttpServer> {
  const server = createServer((request, response) => {
    traffic.countRequest(request.url ?? '/');
    dispatch(options.routes, traffic, request, response);
  });
  const traffic = countTraffic(server);
  // 0: no limit for a whole request, or slow uploads of gigabytes would be cut; headers must still come in time.
  server.requestTimeout = 0;
  server.headersTimeout = 60_000;
  server.keepAliveTimeout = 65_000;
  await listen(server, options.port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: (graceMs = 1_000) => closeServer(server, graceMs),
  };
}

function dispatch(routes: Routes, traffic: TrafficCounter, request: IncomingMessage, response: ServerResponse): void {
  // The handler deals with an aborted request; without a listener it would end the process.
  request.on('error', () => {});
  response.on('error', () => {});
  const path = request.url ?? '/';
  for (const [prefix, handle] of routes) {
    if (path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}?`)) {
      handle(request, response);
      return;
    }
  }
  addCorsHeaders(request, response);
  if (request.method === 'OPTIONS') {
    answerPreflight(request, response);
    return;
  }
  if (path === TRAFFIC_PATH) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(traffic.read()));
    return;
  }
  const known = path === '/' || path === '/status' || path === '/health';
  response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(known ? { status: 'ok' } : { error: 'not_found', message: `No route ${path}` }));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(systemErrorCode(error) === 'EADDRINUSE' ? portInUse(port, error) : error);
    });
    server.listen({ port, host: LOOPBACK }, resolve);
  });
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
