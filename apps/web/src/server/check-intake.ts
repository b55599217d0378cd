/** What keeps the intake API from working: what workers need as well, and what only it needs. Looked at when it starts. */
import { checkServices } from '@supabase-media/diagnosis/check-services';
import { checkStorage } from '@supabase-media/diagnosis/check-storage';
import { allRight, type Finding, found } from '@supabase-media/diagnosis/findings';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { request } from 'undici';
import { z } from 'zod';
import type { WebConfig } from './config.ts';
import { SESSION_TABLE } from './database/upload-session.ts';

/** Time limit for Auth, in milliseconds; it answers at once. */
const AUTH_TIMEOUT_MS = 5000;

const keySet = z.object({ keys: z.array(z.unknown()) });

/** Where a project publishes the keys that verify tokens. */
export const jwksUrlOf = (url: string): string => `${url}/auth/v1/.well-known/jwks.json`;

/** Whether tokens of users can be verified: with the shared secret, or with keys that the project publishes. */
export async function checkTokens(
  supabase: WebConfig['supabase'],
  signal: AbortSignal,
): Promise<Extract<Finding['code'], 'jwt_secret_missing' | 'auth_unreachable'> | undefined> {
  if (supabase.jwtSecret !== undefined) return undefined;
  try {
    const { statusCode, body } = await request(jwksUrlOf(supabase.url), {
      signal,
      headersTimeout: AUTH_TIMEOUT_MS,
      bodyTimeout: AUTH_TIMEOUT_MS,
    });
    const answer = await body.json().catch(() => undefined);
    if (statusCode >= 500 || statusCode === 429) return 'auth_unreachable';
    // Projects that sign with a shared secret publish no key; older versions of Auth have no such address.
    const published = keySet.safeParse(answer);
    return statusCode === 200 && published.success && published.data.keys.length > 0 ? undefined : 'jwt_secret_missing';
  } catch {
    signal.throwIfAborted();
    return 'auth_unreachable';
  }
}

async function judgeTokens(supabase: WebConfig['supabase'], signal: AbortSignal): Promise<Finding> {
  const code = await checkTokens(supabase, signal);
  if (code === undefined) return allRight('intake', 'Tokens of users can be verified.');
  const message =
    code === 'jwt_secret_missing'
      ? 'The project publishes no key, and SUPABASE_JWT_SECRET is not set.'
      : `${jwksUrlOf(supabase.url)} did not answer with keys.`;
  return found('intake', code, { message });
}

/** Browsers send scheme, host and port alone (RFC 6454, 6.2). Pure. */
export const judgeOrigins = (origins: readonly string[]): readonly Finding[] =>
  origins
    .filter((origin) => origin !== '*' && new URL(origin).origin !== origin)
    .map((origin) => found('intake', 'origin_invalid', { message: `WEB_ORIGINS has ${origin}.` }));

async function checkPublicUrl(config: WebConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  const { url, publicUrl, serviceRoleKey } = config.supabase;
  if (publicUrl === url) return [];
  const connection = openStorage({ url: publicUrl, serviceRoleKey });
  try {
    const { findings } = await checkStorage(connection, { buckets: [config.sourceBucket], signal });
    const problem = findings.find(({ status }) => status === 'error');
    if (problem === undefined) return [allRight('intake', 'Storage answers at SUPABASE_PUBLIC_URL.')];
    return [found('intake', 'public_url_unreachable', { message: `${problem.code}: ${problem.message}` })];
  } finally {
    await connection.close();
  }
}

/** Runs the checks; changes nothing. */
export async function checkIntake(
  config: WebConfig,
  connection: StorageConnection,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const [services, ...own] = await Promise.all([
    checkServices({
      queue: config.queue,
      connection,
      buckets: [config.sourceBucket, config.resultBucket],
      tables: [SESSION_TABLE],
      signal,
    }),
    judgeTokens(config.supabase, signal),
    checkPublicUrl(config, signal),
  ]);
  return [...services.findings, ...own.flat(), ...judgeOrigins(config.origins)];
}
