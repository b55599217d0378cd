/** Where a producer writes the rows of its videos: by the database API, or by SQL. Loaded when it is first needed. */
import { MediaError } from '@supabase-media/core/errors';
import type { ClientRows } from './client-rows.ts';

/**
 * Who writes the rows, one of three. The key and the connection must be of the project itself: they write for every user.
 * A value may be undefined only until it is needed: what is not set at build time is told when a video is enqueued.
 */
export type RowsAddress =
  /** This client, by the database API. */
  | { readonly supabaseUrl: string | undefined; readonly serviceRoleKey: string | undefined }
  /** This client, by SQL: with a queue on PostgreSQL, the database of the queue is the project's. */
  | { readonly databaseUrl: string | undefined; readonly poolSize?: number | undefined }
  /** Somebody else: `beforeAdd`, or the worker when it starts the job. Until then nobody sees that the video waits. */
  | { readonly rows: 'elsewhere' };

const missing = (what: string): MediaError =>
  new MediaError({ code: 'config_invalid', message: `The rows of videos cannot be written: ${what}.` });

/**
 * Opens the rows; nothing is connected yet.
 *
 * @returns undefined where somebody else writes them.
 * @throws {MediaError} `config_invalid` naming what is not set.
 */
export async function openRows(address: RowsAddress): Promise<ClientRows | undefined> {
  if ('rows' in address) return undefined;
  if ('supabaseUrl' in address) {
    const { supabaseUrl, serviceRoleKey } = address;
    if (!supabaseUrl || !serviceRoleKey) throw missing('supabaseUrl or serviceRoleKey is not set');
    const { openRowsByApi } = await import('./rows-by-api.ts');
    return openRowsByApi({ url: supabaseUrl, serviceRoleKey });
  }
  if (!address.databaseUrl)
    throw missing(
      "databaseUrl is not set; beside a redisUrl give it, or supabaseUrl and serviceRoleKey, or rows: 'elsewhere'",
    );
  const { openRowsBySql } = await import('./rows-by-sql.ts');
  return openRowsBySql({ databaseUrl: address.databaseUrl, poolSize: address.poolSize });
}
