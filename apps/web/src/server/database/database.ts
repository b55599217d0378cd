/**
 * The two doors to the project's tables: as the user whose token is shown, for reading under row-level security, and as
 * the service, for writing. Only `database/` names tables and functions.
 */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { startDeadline } from '@supabase-media/core/deadline';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { ApiError } from '../api-error.ts';

/** A request to the database answers within this, in milliseconds, or counts as failed. */
const REQUEST_TIMEOUT_MS = 15_000;

const fetchWithin: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: startDeadline(REQUEST_TIMEOUT_MS, init?.signal ?? undefined).signal });

export interface Database {
  readonly service: SupabaseClient;
  /** Every query on it must carry a user's token: {@link asUser}. */
  readonly users: SupabaseClient;
}

/** Opens both doors; no request is made yet. */
export function openDatabase(options: {
  readonly url: string;
  readonly serviceRoleKey: string;
  /** Lets a request through the gateway; what it may do is decided by the user's token. */
  readonly anonKey: string | undefined;
}): Database {
  const settings = { ...SUPABASE_OPTIONS, global: { fetch: fetchWithin } };
  return {
    service: createClient(options.url, options.serviceRoleKey, settings),
    users: createClient(options.url, options.anonKey ?? options.serviceRoleKey, settings),
  };
}

interface Answer<T> {
  readonly data: T;
  readonly error: { readonly message: string; readonly code?: string } | null;
}

/** A query that can be given another token than its client's. */
interface Query<T> extends PromiseLike<Answer<T>> {
  setHeader(name: string, value: string): this;
}

/** Runs a query as the user. */
export const asUser = <T>(query: Query<T>, token: string): Query<T> =>
  query.setHeader('Authorization', `Bearer ${token}`);

/**
 * Waits for a query.
 *
 * @throws {ApiError} `token_expired` when the database takes the user's token no more, else `database_unavailable`.
 */
export async function ask<T>(query: PromiseLike<Answer<T>>): Promise<T> {
  const { data, error } = await query;
  if (error === null) return data;
  if (/JWT expired|PGRST303/i.test(`${error.message} ${error.code}`))
    throw new ApiError({ code: 'token_expired', message: 'The sign-in has run out.', cause: error });
  throw new ApiError({
    code: 'database_unavailable',
    message: 'The database did not answer the request.',
    retryAfterSeconds: 5,
    cause: new Error(`${error.message}${error.code ? ` (${error.code})` : ''}`),
  });
}
