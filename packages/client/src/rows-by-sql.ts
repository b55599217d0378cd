/** Writes the rows of videos by SQL, over a connection to the project's database. */
import { MediaError } from '@supabase-media/core/errors';
import { leasePool, type PoolAddress } from '@supabase-media/queue/postgres/shared-pool';
import { type ClientRows, proofOf, requestOptionsOf } from './client-rows.ts';

/** PostgreSQL's codes for what the migrations make and is not there. */
const NOT_THERE = /^(42P01|42703|42883|3F000)$/;

/** Opens them on the process's own pool, which a queue on the same server shares; nothing is connected yet. */
export function openRowsBySql(address: PoolAddress): ClientRows {
  const pool = leasePool(address);
  const ask = async <Row extends object>(action: string, sql: string, values: readonly unknown[]): Promise<Row[]> => {
    try {
      return (await pool.query(sql, values)).rows as Row[];
    } catch (error) {
      throw error instanceof MediaError ? error : explain(action, error);
    }
  };
  return {
    queue: async (payload, { jobId, priority }) => {
      const { videoId, ownerId, project, source } = payload;
      const proof = proofOf(payload);
      const rows = await ask<{ answer: { readonly priority?: number } }>(
        `Queueing video ${videoId}`,
        `select public.queue_requested_video(
           video => $1, owner => $2, project_name => $3, bucket_name => $4, object_path => $5, job => $6,
           band_name => $7, proof => $8::jsonb, request_options => $9::jsonb) as answer`,
        [
          videoId,
          ownerId ?? null,
          project,
          source.bucket,
          source.path,
          jobId,
          priority ?? 'normal',
          // Not the JSON null: the row keeps what it has.
          proof === undefined ? null : JSON.stringify(proof),
          JSON.stringify(requestOptionsOf(payload, priority)),
        ],
      );
      const place = rows[0]?.answer.priority;
      if (place !== undefined) return place;
      throw new MediaError({
        code: 'database_failed',
        message: `Queueing video ${videoId}: the database said nothing.`,
      });
    },
    cancel: async (videoId) => {
      const sql = `update public.videos set status = 'canceled', step = null, finished_at = now()
                    where id = $1 and status in ('queued', 'processing') returning id`;
      return (await ask(`Canceling video ${videoId}`, sql, [videoId])).length > 0;
    },
    statusOf: async (videoId) => {
      const sql = 'select status from public.videos where id = $1';
      return (await ask<{ status: string }>(`Looking up video ${videoId}`, sql, [videoId]))[0]?.status;
    },
    close: pool.release,
  };
}

function explain(action: string, error: unknown): MediaError {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const words = String(message).slice(0, 300);
  if (typeof code === 'string' && NOT_THERE.test(code))
    return new MediaError({
      code: 'database_refused',
      message: `${action}: the database of databaseUrl lacks what the migrations make ("${words}"). Apply them there, or name the project by supabaseUrl and serviceRoleKey.`,
      cause: error,
    });
  const isPermanent = typeof code === 'string' && /^(42|22|23)/.test(code);
  return new MediaError({
    code: isPermanent ? 'database_refused' : 'database_failed',
    message: `${action}: the database answered "${words}".`,
    cause: error,
  });
}
