/** The door to the project's tables: the Supabase client with a bounded, abortable fetch. Only `db/` names tables. */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { startDeadline } from '@supabase-media/core/deadline';
import { MediaError } from '@supabase-media/core/errors';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';

export type Database = SupabaseClient;

/** A request to the database answers within this, in milliseconds, or counts as failed. */
const REQUEST_TIMEOUT_MS = 20_000;

const fetchWithin: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: startDeadline(REQUEST_TIMEOUT_MS, init?.signal ?? undefined).signal });

/** Opens the database API; no request is made yet. */
export const openDatabase = (options: { url: string; serviceRoleKey: string }): Database =>
  createClient(options.url, options.serviceRoleKey, { ...SUPABASE_OPTIONS, global: { fetch: fetchWithin } });

/** What PostgREST answers with when it refuses. */
export interface DatabaseRefusal {
  readonly message: string;
  readonly code?: string | undefined;
}

/** PostgreSQL's and PostgREST's codes that no second attempt changes. */
const PERMANENT = /^(42|22|23|PGRST1|PGRST2|PGRST3)/;

/** The error that a refusal stands for. A permanent one (no such table, no permission) is not tried again. */
export function toDatabaseError(refusal: DatabaseRefusal, action: string): MediaError {
  const words = refusal.message.slice(0, 300);
  const isPermanent = PERMANENT.test(refusal.code ?? '') || /JWT|API key/i.test(words);
  return new MediaError({
    code: isPermanent ? 'database_refused' : 'database_failed',
    message: `${action}: the database API answered "${words}"${refusal.code ? ` (${refusal.code})` : ''}.`,
    details: { databaseCode: refusal.code },
  });
}
