/**
 * Proves a user's access token: signature, expiry, audience, role, and the issuer where it is known. The key is chosen by
 * us for each algorithm, never by the token: HS256 goes with the secret alone, the others with published keys alone.
 */
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { ApiError } from './api-error.ts';
import { type KeyClocks, openPublishedKeys } from './published-keys.ts';

/** Whoever a request is from. */
export interface User {
  readonly id: string;
  /** As it came; the database judges it again. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export type VerifyToken = (token: string) => Promise<User>;

/** Those of Supabase's signing keys (documentation, "JWT signing keys"). */
const PUBLISHED_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

/** Clocks of two machines may differ by so much, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A token is a few hundred bytes; nothing longer is worth looking at. */
const TOKEN_MAX = 8192;

const refuse = (message: string, cause?: unknown): ApiError => new ApiError({ code: 'unauthorized', message, cause });

export interface VerifyTokenOptions {
  /** For HS256; undefined: such tokens are refused. */
  readonly secret: string | undefined;
  /** Where the project publishes its keys. */
  readonly jwksUrl: string;
  readonly issuer: string | undefined;
  readonly keys?: KeyClocks | undefined;
}

/** Makes the verifier; keys are fetched when the first token needs one. */
export function createTokenVerifier(options: VerifyTokenOptions): VerifyToken {
  const secret = options.secret === undefined ? undefined : new TextEncoder().encode(options.secret);
  const published = openPublishedKeys(options.jwksUrl, options.keys);
  const demands: JWTVerifyOptions = {
    audience: 'authenticated',
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
  };

  const prove = async (token: string): Promise<JWTPayload> => {
    const alg = readAlgorithm(token);
    if (alg === 'HS256') {
      if (secret === undefined) throw refuse('The token is signed with HS256, which this project does not use.');
      return (await jwtVerify(token, secret, { ...demands, algorithms: ['HS256'] })).payload;
    }
    if (alg === undefined || !PUBLISHED_ALGORITHMS.includes(alg))
      throw refuse('The token is not signed in a way that is taken.');
    return (await jwtVerify(token, published, { ...demands, algorithms: PUBLISHED_ALGORITHMS })).payload;
  };

  return async (token) => {
    if (token.length > TOKEN_MAX) throw refuse('The token is too long to be one of this project.');
    const claims = await prove(token).catch((error: unknown) => {
      throw toRefusal(error);
    });
    if (claims.role !== 'authenticated') throw refuse('The token is not that of a signed-in user.');
    if (claims.sub === undefined || !UUID.test(claims.sub)) throw refuse('The token names no user.');
    return { id: claims.sub.toLowerCase(), token, expiresAt: Number(claims.exp) * 1000 };
  };
}

/** What the token says of its own signature; only looked at to choose among ours. */
function readAlgorithm(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

function toRefusal(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof errors.JWTExpired)
    return new ApiError({ code: 'token_expired', message: 'The sign-in has run out.', cause: error });
  return refuse('The token is not one that this project issued to a signed-in user.', error);
}
