/** The rows of a run, and a witness beside them: every change of a status is written down by the database itself. */
import type { Pool } from 'pg';

/** Where the witness writes; not a table of the product. */
const WITNESS = `
create schema if not exists chaos;
create table if not exists chaos.changes (
  number bigint generated always as identity, id uuid, before text, after text, at timestamptz default clock_timestamp()
);
create or replace function chaos.write_down() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into chaos.changes (id, before, after) values (new.id, null, new.status);
  elsif old.status is distinct from new.status then
    insert into chaos.changes (id, before, after) values (new.id, old.status, new.status);
  end if;
  return null;
end $$;
drop trigger if exists chaos_write_down on public.videos;
create trigger chaos_write_down after insert or update on public.videos
for each row execute function chaos.write_down();
`;

export async function installStatusAudit(pool: Pool): Promise<void> {
  await pool.query(WITNESS);
}

export interface LedgerRow {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly outputs: readonly { readonly kind: string; readonly path: string }[];
  /** How often it became `ready`. */
  readonly timesReady: number;
  /** Its statuses, in order. */
  readonly story: readonly string[];
}

/** The rows of a project. */
export async function readLedger(pool: Pool, project: string): Promise<readonly LedgerRow[]> {
  const { rows } = await pool.query<Omit<LedgerRow, 'timesReady' | 'story'> & { story: string[] | null }>(
    `select id, status, outcome, error_code, error_message, outputs,
            (select array_agg(after order by number) from chaos.changes where changes.id = videos.id) as story
       from public.videos where project = $1 order by source_path`,
    [project],
  );
  return rows.map((row) => {
    const story = row.story ?? [];
    return { ...row, story, timesReady: story.filter((status) => status === 'ready').length };
  });
}
