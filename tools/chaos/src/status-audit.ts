/** The rows of a run, and an audit of them: a trigger records every change of a status. */
import type { Pool } from 'pg';

/** The audit table and its trigger, which are not part of the product. */
const AUDIT_SQL = `
create schema if not exists chaos;
create table if not exists chaos.changes (
  number bigint generated always as identity, id uuid, before text, after text, at timestamptz default clock_timestamp()
);
create or replace function chaos.record_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into chaos.changes (id, before, after) values (new.id, null, new.status);
  elsif old.status is distinct from new.status then
    insert into chaos.changes (id, before, after) values (new.id, old.status, new.status);
  end if;
  return null;
end $$;
drop trigger if exists chaos_record_change on public.videos;
create trigger chaos_record_change after insert or update on public.videos
for each row execute function chaos.record_change();
`;

export async function installStatusAudit(pool: Pool): Promise<void> {
  await pool.query(AUDIT_SQL);
}

export interface AuditedVideo {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly outputs: readonly { readonly kind: string; readonly path: string }[];
  /** How often its status became `ready`. */
  readonly readyCount: number;
  /** Its statuses, in the order of time. */
  readonly statuses: readonly string[];
}

/** Reads the rows of a project. */
export async function readStatusAudit(pool: Pool, project: string): Promise<readonly AuditedVideo[]> {
  const { rows } = await pool.query<Omit<AuditedVideo, 'readyCount' | 'statuses'> & { statuses: string[] | null }>(
    `select id, status, outcome, error_code, error_message, outputs,
            (select array_agg(after order by number) from chaos.changes where changes.id = videos.id) as statuses
       from public.videos where project = $1 order by source_path`,
    [project],
  );
  return rows.map((row) => {
    const statuses = row.statuses ?? [];
    return { ...row, statuses, readyCount: statuses.filter((status) => status === 'ready').length };
  });
}
