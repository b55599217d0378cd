/** What `media doctor` asks the database: are the tables there, with the columns that this version reads and writes? */
import { toMediaError } from '@supabase-media/core/errors';
import { type Database, type DatabaseRefusal, toDatabaseError } from './database.ts';

/** The columns that `videos.ts` names. */
const VIDEO_COLUMNS =
  'id,owner_id,project,source_bucket,source_path,source_size,source_sha256,source_proof,status,step,progress,outcome,error_code,error_message,facts,outputs,job_id,queue_priority,created_at,updated_at,started_at,finished_at';

/** A table of another process, and the columns that it reads and writes. */
export interface NamedTable {
  readonly table: string;
  readonly columns: string;
}

export interface TableProblem {
  /** `migrations`: a table or column is not there. */
  readonly kind: 'migrations' | 'unreachable';
  readonly message: string;
}

/** PostgreSQL: undefined table, undefined column. PostgREST: not in its schema cache. */
const NOT_THERE = /^(42P01|42703|PGRST20[0245])$/;

/** @returns what is wrong; undefined when nothing is. Never throws. */
export async function inspectTables(
  database: Database,
  signal: AbortSignal,
  more: readonly NamedTable[] = [],
): Promise<TableProblem | undefined> {
  const tables = [
    { table: 'videos', columns: VIDEO_COLUMNS },
    { table: 'removed_media', columns: 'id' },
    { table: 'video_requests', columns: 'video_id' },
    ...more,
  ];
  const ask = async (): Promise<DatabaseRefusal | null> => {
    for (const { table, columns } of tables) {
      const { error } = await database.from(table).select(columns).limit(1).abortSignal(signal);
      if (error !== null) return error;
    }
    return null;
  };
  try {
    const refusal = await ask();
    if (refusal === null) return undefined;
    const { message } = toDatabaseError(
      refusal,
      `Looking at the tables ${tables.map(({ table }) => table).join(', ')}`,
    );
    return { kind: NOT_THERE.test(refusal.code ?? '') ? 'migrations' : 'unreachable', message };
  } catch (error) {
    return { kind: 'unreachable', message: toMediaError(error).message };
  }
}
