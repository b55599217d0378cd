/**
 * The two clients of the database API: one that acts as the user of the request, for reading under row-level security,
 * and one that acts as the service, for writing. Only `database/` names tables and functions.
 */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { startDeadline } from '@supabase-media/core/deadline';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { ApiError } from '../api-error.ts';

/** Time limit of a request to the database, in milliseconds. */
const REQUEST_TIMEOUT_MS = 15_000;

const fetchWithin: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: startDeadline(REQUEST_TIMEOUT_MS, init?.signal ?? undefined).signal });

export interface Database {
  readonly service: SupabaseClient;
  /** Every query on it must carry a user's token: {@link asUser}. */
  readonly users: SupabaseClient;
}

/** Creates both clients; sends no request yet. */
export function openDatabase(options: {
  readonly url: string;
  readonly serviceRoleKey: string;
  /** Passes the gateway; the user's token decides the rights. */
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

/** A query that can use another token than its client's. */
interface Query<T> extends PromiseLike<Answer<T>> {
  setHeader(name: string, value: string): this;
}

/** Runs a query as the user. */
export const asUser = <T>(query: Query<T>, token: string): Query<T> =>
  query.setHeader('Authorization', `Bearer ${token}`);

/**
 * Waits for a query.
 *
 * @throws {ApiError} `token_expired` if the user's token has expired, else `database_unavailable`.
 */
export async function ask<T>(query: PromiseLike<Answer<T>>): Promise<T> {
  const { data, error } = await query;
  if (error === null) return data;
  if (/JWT expired|PGRST303/i.test(`${error.message} ${error.code}`))
    throw new ApiError({ code: 'token_expired', message: 'The sign-in has expired.', cause: error });
  throw new ApiError({
    code: 'database_unavailable',
    message: 'The database did not answer the request.',
    retryAfterSeconds: 5,
    cause: new Error(`${error.message}${error.code ? ` (${error.code})` : ''}`),
  });
}
