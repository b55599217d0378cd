/**
 * Verifies a user's access token: signature, expiry, audience, role, and the issuer if it is known. The algorithm decides
 * which kind of key is used, never the token: HS256 only the secret, the others only published keys.
 */
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { ApiError } from './api-error.ts';
import { type KeyClocks, openPublishedKeys } from './published-keys.ts';

/** The user who sent a request. */
export interface User {
  readonly id: string;
  /** The access token as received; the database verifies it again. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export type VerifyToken = (token: string) => Promise<User>;

/** The algorithms of Supabase's signing keys (documentation, "JWT signing keys"). */
const PUBLISHED_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

/** The accepted clock difference between two machines, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A token has a few hundred bytes; longer ones are rejected unread. */
const TOKEN_MAX = 8192;

const refuse = (message: string, cause?: unknown): ApiError => new ApiError({ code: 'unauthorized', message, cause });

export interface VerifyTokenOptions {
  /** For HS256; `undefined` rejects such tokens. */
  readonly secret: string | undefined;
  /** Where the project publishes its keys. */
  readonly jwksUrl: string;
  readonly issuer: string | undefined;
  /** Whether users of anonymous sign-ins are accepted. */
  readonly allowsAnonymous: boolean;
  readonly keys?: KeyClocks | undefined;
}

/** Creates the verifier; keys are fetched when the first token needs one. */
export function createTokenVerifier(options: VerifyTokenOptions): VerifyToken {
  const secret = options.secret === undefined ? undefined : new TextEncoder().encode(options.secret);
  const published = openPublishedKeys(options.jwksUrl, options.keys);
  const demands: JWTVerifyOptions = {
    audience: 'authenticated',
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
  };

  const verify = async (token: string): Promise<JWTPayload> => {
    const alg = readAlgorithm(token);
    if (alg === 'HS256') {
      if (secret === undefined) throw refuse('This service is not set up to verify tokens that are signed with HS256.');
      return (await jwtVerify(token, secret, { ...demands, algorithms: ['HS256'] })).payload;
    }
    if (alg === undefined || !PUBLISHED_ALGORITHMS.includes(alg))
      throw refuse('The token is signed with an algorithm that is not accepted.');
    return (await jwtVerify(token, published, { ...demands, algorithms: PUBLISHED_ALGORITHMS })).payload;
  };

  return async (token) => {
    if (token.length > TOKEN_MAX) throw refuse('The token is too long.');
    const claims = await verify(token).catch((error: unknown) => {
      throw toRefusal(error);
    });
    if (claims.role !== 'authenticated') throw refuse('The token does not belong to a signed-in user.');
    if (claims.sub === undefined || !UUID.test(claims.sub)) throw refuse('The token has no user id.');
    if (!options.allowsAnonymous && isAnonymous(claims))
      throw new ApiError({
        code: 'anonymous_refused',
        message: 'The sign-in is an anonymous one; an account is needed.',
      });
    return { id: claims.sub.toLowerCase(), token, expiresAt: Number(claims.exp) * 1000 };
  };
}

/** What Supabase Auth claims of anonymous sign-ins; anything but a clear no counts. */
const isAnonymous = ({ is_anonymous: claimed = false }: JWTPayload): boolean => claimed !== false && claimed !== null;

/** The token's header; only used to choose between our keys. */
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
    return new ApiError({ code: 'token_expired', message: 'The sign-in has expired.', cause: error });
  return refuse('The token was not issued by this project to a signed-in user.', error);
}
