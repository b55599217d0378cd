/** One sweeping test at a time: all files share one database, and a sweep takes what any of them left. */

import { stackValue } from '@supabase-media/test-support/stack';
import pg from 'pg';

/** Any number that nothing else locks. */
const SWEEPS = 731_520;

/** Waits until no other test sweeps. @returns what lets the next one. */
export async function holdSweeps(): Promise<() => Promise<void>> {
  const client = new pg.Client(stackValue('DATABASE_URL'));
  await client.connect();
  await client.query('select pg_advisory_lock($1)', [SWEEPS]);
  return () => client.end();
}
