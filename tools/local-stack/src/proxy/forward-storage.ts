/**
 * Forwards `/storage/v1/<rest>` to another Storage server with both bodies streamed: nothing is buffered, back-pressure
 * works, and if one side disconnects the other does too. Each request gets its own connection: one that the server has
 * just closed would break an upload that cannot be sent again.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream';
import { addCorsHeaders, answerPreflight, isPreflight } from '../http/cors.ts';
import type { NodeHandler } from '../http/server.ts';
import { forwardedHeaders, returnedHeaders } from './forward-headers.ts';

export interface ForwardOptions {
  /** The other server; `/object/…` is put behind its path. */
  readonly target: URL;
  /** What is taken off the path, and told as X-Forwarded-Prefix. */
  readonly prefix: string;
}

export function forwardStorage(options: ForwardOptions): NodeHandler {
  const send = options.target.protocol === 'https:' ? httpsRequest : httpRequest;
  const base = options.target.pathname.replace(/\/+$/, '');
  return (request, response) => {
    addCorsHeaders(request, response);
    if (isPreflight(request)) {
      answerPreflight(request, response);
      return;
    }
    const upstream = send({
      protocol: options.target.protocol,
      hostname: options.target.hostname,
      port: options.target.port,
      method: request.method,
      path: `${base}${(request.url ?? '/').slice(options.prefix.length) || '/'}`,
      headers: forwardedHeaders(request, options),
      agent: false,
    });
    connect({ request, response, upstream, prefix: options.prefix });
  };
}

function connect(parts: {
  request: IncomingMessage;
  response: ServerResponse;
  upstream: ClientRequest;
  prefix: string;
}): void {
  const { request, response, upstream, prefix } = parts;
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  upstream.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, returnedHeaders(request, answer.headers, prefix));
    pipeline(answer, response, (error) => {
      // An answer may come before the body was read (a refusal): what is left of it is read and dropped, as every
      // HTTP server does, so that the client can finish sending and read the answer.
      request.unpipe(upstream);
      request.resume();
      upstream.destroy();
      if (error) response.destroy();
    });
  });
  // After its answer, a server may well close while we still send: only before it is that a failure.
  upstream.on('error', (error) => {
    request.unpipe(upstream);
    request.resume();
    if (!response.headersSent) answerBadGateway(response, error);
  });
  request.once('aborted', () => upstream.destroy());
  // Immediately: an error response must not wait for the first byte of the body.
  upstream.flushHeaders();
  request.pipe(upstream);
}

function answerBadGateway(response: ServerResponse, error: Error): void {
  if (response.destroyed) return;
  const message = `The Storage server of --storage-url did not answer: ${error.message}`;
  response.writeHead(502, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ statusCode: '502', error: 'Bad Gateway', message, code: 'BadGateway' }));
}
