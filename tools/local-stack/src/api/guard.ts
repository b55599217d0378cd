/**
 * What a project's gateway does in front of Lite: a key may be sent in `Authorization` alone, and a foreign token is
 * rejected (Lite would treat its bearer as anonymous and respond 200 with an empty result).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors } from 'jose';
import { addCorsHeaders, answerPreflight, isPreflight } from '../http/cors.ts';
import type { NodeHandler } from '../http/server.ts';
import type { TokenVerifier } from './verify-token.ts';

export interface GuardOptions {
  readonly verify: TokenVerifier;
  /** Used as the key if a request only has a user's token. */
  readonly anonKey: string;
  readonly next: NodeHandler;
}

export function guardApi(options: GuardOptions): NodeHandler {
  return (request, response) => {
    // Lite's CORS rules do not let pages send headers or read responses; a project's gateway allows both.
    addCorsHeaders(request, response);
    if (isPreflight(request)) return answerPreflight(request, response);
    checkRequest(options, request).then(
      () => options.next(request, response),
      (error: unknown) => refuse(request, response, error),
    );
  };
}

async function checkRequest(options: GuardOptions, request: IncomingMessage): Promise<void> {
  if (request.method === 'OPTIONS') return;
  const token = readBearer(request);
  const key = request.headers.apikey;
  if (token === undefined || token === key) return;
  // Auth has other kinds of tokens (one-time links) and verifies them itself.
  const isRest = request.url?.startsWith('/rest/v1') === true;
  const claims = await options.verify(token).catch((error: unknown) => {
    if (isRest) throw error;
    return undefined;
  });
  if (key !== undefined || request.url?.includes('apikey=')) return;
  const isKey = claims?.role === 'anon' || claims?.role === 'service_role';
  if (!claims) return;
  // The listener in front of Lite reads some headers from the one and some from the other.
  request.headers.apikey = isKey ? token : options.anonKey;
  request.rawHeaders.push('apikey', request.headers.apikey);
}

/** The token of `Authorization: Bearer …` (RFC 6750, 2.1). */
export function readBearer(request: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** In the form that PostgREST gives its own refusals. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const message = error instanceof errors.JWTExpired ? 'JWT expired' : 'JWSError JWSInvalidSignature';
  addCorsHeaders(request, response);
  response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer error="invalid_token"' });
  response.end(JSON.stringify({ code: 'PGRST301', details: null, hint: null, message }));
  request.resume();
}
