/** Checks that the `videos` table can be used. */
import { openDatabase } from '@supabase-media/database/database';
import { inspectTables } from '@supabase-media/database/inspect-tables';
import { allRight, type Finding, found } from './findings.ts';

export async function checkDatabase(
  supabase: { readonly url: string; readonly serviceRoleKey: string },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const problem = await inspectTables(openDatabase(supabase), signal);
  if (problem === undefined) return [allRight('database', 'The table videos exists with all its columns.')];
  const code = problem.kind === 'migrations' ? 'migrations_missing' : 'database_unreachable';
  return [found('database', code, { message: problem.message })];
}
