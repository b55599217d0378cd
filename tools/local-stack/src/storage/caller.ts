/** The caller of a request, read from its token, and its database role. */
import type { IncomingMessage } from 'node:http';
import { readBearer } from '../api/guard.ts';
import type { TokenClaims, TokenVerifier } from '../api/verify-token.ts';
import { refuseAccess, refuseRequest } from './storage-error.ts';

export interface Caller {
  /** The database role that policies see. */
  readonly role: string;
  readonly claims: TokenClaims;
  /** The user's id (`sub`); objects they upload belong to them. */
  readonly owner: string | undefined;
}

/**
 * The caller by `Authorization`, else by `apikey`. (The Storage server alone wants the first; a gateway in front of it
 * makes it out of the second.)
 * @throws StorageError when neither is there or the token is not ours
 */
export async function readCaller(request: IncomingMessage, verify: TokenVerifier): Promise<Caller> {
  const token = readToken(request);
  if (token === undefined) throw refuseRequest("headers must have required property 'authorization'");
  try {
    const claims = await verify(token);
    return { role: claims.role ?? 'anon', claims, owner: claims.sub };
  } catch (error) {
    throw refuseAccess(error instanceof Error ? error.message : String(error), error);
  }
}

function readToken(request: IncomingMessage): string | undefined {
  const { authorization, apikey } = request.headers;
  if (authorization !== undefined) return readBearer(request) ?? authorization;
  return typeof apikey === 'string' ? apikey : undefined;
}
