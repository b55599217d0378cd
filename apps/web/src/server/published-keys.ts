/**
 * The keys that a project publishes, as jose asks for them. While they cannot be fetched, those that are known go on
 * proving sign-ins: an Auth that restarts must not sign everybody out.
 */
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { ApiError } from './api-error.ts';

/** After a fetch that failed the known keys are not asked for again for so long, in milliseconds. */
const REST_MS = 15_000;

/** How keys are fetched; jose's own values unless told. In milliseconds. */
export interface KeyClocks {
  /** Fetched keys are taken for so long. */
  readonly maxAgeMs?: number;
  readonly restMs?: number;
}

/** @throws {ApiError} `auth_unavailable` when the key of a token is not known and cannot be fetched. */
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
          message: 'The keys that prove sign-ins cannot be fetched right now.',
          retryAfterSeconds: 5,
          cause: error,
        });
      });
    }
  };
}

/** Whether it speaks of the answer, not of the token: no connection, no answer in time, none that is a list of keys. */
function isFetchFailure(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // jose says so of every status but 200, and of an answer that is no JSON.
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  // undici says so of every connection that could not be made.
  return error instanceof TypeError && error.message === 'fetch failed';
}
