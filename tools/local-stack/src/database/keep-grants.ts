/**
 * At its first request Lite grants everything on every table of each schema with row-level security to all three API
 * roles, once for each connection. A migration's `revoke` would silently be undone, so the grants are put back.
 */
import type { Pool } from 'pg';

const SNAPSHOT_SQL = `
create temporary table kept_grants on commit drop as
  select 'class' as kind, c.oid, c.relacl as acl from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'namespace', n.oid, n.nspacl from pg_namespace n
`;

const RESTORE_SQL = `
update pg_class c set relacl = k.acl from kept_grants k
  where k.kind = 'class' and c.oid = k.oid and c.relacl is distinct from k.acl;
update pg_namespace n set nspacl = k.acl from kept_grants k
  where k.kind = 'namespace' and n.oid = k.oid and n.nspacl is distinct from k.acl;
`;

/** Runs `work` and undoes what it changed in the grants on tables, views, sequences and schemas. */
export async function keepGrants(pool: Pool, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(SNAPSHOT_SQL);
    await work();
    await client.query(RESTORE_SQL);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
