/**
 * The HTTP endpoints for orchestrators and Prometheus: `/live` (the process runs), `/ready` (the state and response time
 * of each part that the process needs), `/metrics`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { MediaError } from '@supabase-media/core/errors';
import type { Registry } from 'prom-client';
import { type HealthCheck, type Readiness, watchReadiness } from './health.ts';

export interface StartHealthServerOptions {
  /** The address to listen on: 127.0.0.1, or 0.0.0.0 in a container. */
  readonly host: string;
  /** 0 picks any free port. */
  readonly port: number;
  readonly registry: Registry;
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

export interface HealthServer {
  readonly port: number;
  /** From now on `/ready` returns 503, because the process is about to end. */
  readonly drain: () => void;
  readonly close: () => Promise<void>;
}

/** A client that takes longer than this to send its request is not Prometheus. */
const REQUEST_TIMEOUT_MS = 10_000;

/** A connection on which nothing moves for this long is closed, in milliseconds. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Starts listening. The caller closes it.
 *
 * @throws {MediaError} `config_invalid` if the port is in use or not permitted.
 */
export async function startHealthServer(options: StartHealthServerOptions): Promise<HealthServer> {
  const { host, port, registry, checks } = options;
  const readiness = watchReadiness(checks);
  const server = createServer((request, response) => {
    answer(request, response, { registry, readiness }).catch(() => response.destroy());
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  // Also of one that does not read its answer.
  server.setTimeout(IDLE_TIMEOUT_MS);
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new MediaError({
          code: 'config_invalid',
          message: `The metrics server cannot listen on ${host}:${port}: ${cause.message}.`,
          hint: 'Set METRICS_PORT to a free port, or to 0 to disable the server.',
          cause,
        }),
      ),
    );
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    drain: readiness.drain,
    close: async () => {
      readiness.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { registry, readiness }: { readonly registry: Registry; readonly readiness: Readiness },
): Promise<void> {
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'application/json', '{"error":"method_not_allowed"}');
  const path = request.url?.split('?')[0];
  if (path === '/live') return send(response, 200, 'application/json', '{"status":"live"}');
  if (path === '/ready') {
    const report = await readiness.read();
    return send(response, report.status === 'ready' ? 200 : 503, 'application/json', JSON.stringify(report));
  }
  if (path === '/metrics') return send(response, 200, registry.contentType, await registry.metrics());
  return send(response, 404, 'application/json', '{"error":"not_found"}');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
