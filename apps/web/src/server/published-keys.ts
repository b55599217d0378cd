/**
 * The keys that a project publishes (JWKS), for jose. While they cannot be fetched, cached keys keep verifying sign-ins: a
 * restart of Auth must not sign everybody out.
 */
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { ApiError } from './api-error.ts';

/** After a failed fetch the cached keys are used for this long, in milliseconds. */
const REST_MS = 15_000;

/** Timeouts of fetching keys, in milliseconds. Default: jose's own. */
export interface KeyClocks {
  /** How long fetched keys are valid. */
  readonly maxAgeMs?: number;
  readonly restMs?: number;
}

/** @throws {ApiError} `auth_unavailable` if the key of a token is not cached and cannot be fetched. */
export function openPublishedKeys(url: string, { maxAgeMs, restMs = REST_MS }: KeyClocks = {}): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), {
    timeoutDuration: 5000,
    cooldownDuration: 30_000,
    ...(maxAgeMs !== undefined && { cacheMaxAge: maxAgeMs }),
  });
  let restUntil = 0;
  const fromKnown = async (...[header, token]: Parameters<JWTVerifyGetKey>) => {
    const known = remote.jwks();
    if (known === undefined) throw new errors.JWKSNoMatchingKey();
    return createLocalJWKSet(known)(header, token);
  };
  return async (header, token) => {
    if (Date.now() < restUntil) {
      const key = await fromKnown(header, token).catch(() => undefined);
      if (key !== undefined) return key;
    }
    try {
      const key = await remote(header, token);
      restUntil = 0;
      return key;
    } catch (error) {
      if (!isFetchFailure(error)) throw error;
      restUntil = Date.now() + restMs;
      return await fromKnown(header, token).catch(() => {
        throw new ApiError({
          code: 'auth_unavailable',
          message: 'The keys that verify sign-ins cannot be fetched right now.',
          retryAfterSeconds: 5,
          cause: error,
        });
      });
    }
  };
}

/** Whether fetching the keys failed, and not the token: no connection, no response in time, not a list of keys. */
function isFetchFailure(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // jose throws this for every status but 200, and for a response that is not JSON.
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  // undici throws this if no connection could be made.
  return error instanceof TypeError && error.message === 'fetch failed';
}
