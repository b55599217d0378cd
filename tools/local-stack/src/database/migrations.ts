/** Runs the product's migrations as the Supabase CLI does: by name, each once, each in a transaction, and recorded. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { StackError, systemErrorCode } from '../stack/stack-error.ts';

export interface Migration {
  readonly version: string;
  readonly name: string;
  readonly sql: string;
}

export interface MigrationReport {
  /** File names that were run now. */
  readonly applied: readonly string[];
  /** File names whose text has changed since they were run here. */
  readonly changed: readonly string[];
}

const HISTORY_SQL = `
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
`;

/** The files `<version>_<name>.sql` of the folder in the order of their names; none when there is no folder. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const migrations: Migration[] = [];
  for (const file of names.sort()) {
    const match = /^(\d+)_(.*)\.sql$/.exec(file);
    if (!match?.[1] || match[2] === undefined) continue;
    migrations.push({ version: match[1], name: match[2], sql: await readFile(join(folder, file), 'utf8') });
  }
  return migrations;
}

/** @throws StackError with the file and the database's error; that file has changed nothing. */
export async function applyMigrations(pool: Pool, migrations: readonly Migration[]): Promise<MigrationReport> {
  await pool.query(HISTORY_SQL);
  const { rows } = await pool.query<{ version: string; statements: string[] | null }>(
    'select version, statements from supabase_migrations.schema_migrations',
  );
  const history = new Map(rows.map((row) => [row.version, row.statements]));
  const applied: string[] = [];
  const changed: string[] = [];
  for (const migration of migrations) {
    const file = `${migration.version}_${migration.name}.sql`;
    if (!history.has(migration.version)) {
      await applyMigration(pool, migration, file);
      applied.push(file);
    } else if (history.get(migration.version)?.join('\n') !== migration.sql) {
      changed.push(file);
    }
  }
  return { applied, changed };
}

async function applyMigration(pool: Pool, migration: Migration, file: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query(
      'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
      [migration.version, migration.name, [migration.sql]],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    const reason = error instanceof Error ? error.message : String(error);
    throw new StackError(`The migration ${file} failed: ${reason}`, `Correct supabase/migrations/${file}.`, {
      cause: error,
    });
  } finally {
    client.release();
  }
}
