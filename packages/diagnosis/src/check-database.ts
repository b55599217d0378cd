/** Checks that the tables can be used. */
import { openDatabase } from '@supabase-media/database/database';
import { inspectTables, type NamedTable } from '@supabase-media/database/inspect-tables';
import { allRight, type Finding, found } from './findings.ts';

export type { NamedTable } from '@supabase-media/database/inspect-tables';

export async function checkDatabase(
  supabase: { readonly url: string; readonly serviceRoleKey: string },
  options: { readonly tables?: readonly NamedTable[] | undefined; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const problem = await inspectTables(openDatabase(supabase), options.signal, options.tables);
  if (problem === undefined) return [allRight('database', 'The tables exist with all their columns.')];
  const code = problem.kind === 'migrations' ? 'migrations_missing' : 'database_unreachable';
  return [found('database', code, { message: problem.message })];
}
