/** Sets up the database like that of a Supabase project, and applies the product's migrations. */
import type { Pool } from 'pg';
import { applyMigrations, type MigrationReport, readMigrations } from './migrations.ts';
import { AUTH_FUNCTIONS_SQL, ROLES_SQL, STORAGE_SQL } from './schema-sql.ts';

/** Roles and schemas; to run before anything else connects. */
export async function prepareSchemas(pool: Pool): Promise<void> {
  await pool.query(ROLES_SQL);
  await pool.query(STORAGE_SQL);
}

/** The product's migrations; to run when `auth` exists. */
export async function migrateProduct(pool: Pool, migrationsFolder: string): Promise<MigrationReport> {
  await pool.query(AUTH_FUNCTIONS_SQL);
  return applyMigrations(pool, await readMigrations(migrationsFolder));
}
