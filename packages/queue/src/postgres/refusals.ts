/** What a PostgreSQL or a pooler before it means by refusing a connection. Pure. */

/** Code and words of an error; of one that stands for several, those of the first. */
export function readRefusal(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return readRefusal(error.errors[0]);
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', message: error.message || error.name };
}

/**
 * PostgreSQL's 53300 (too many connections: of the server, the database or the role), and the words of poolers: Supavisor
 * ("(EMAXCONNSESSION) max clients reached in session mode", in older versions MaxClientsInSessionMode), PgBouncer
 * ("no more connections allowed (max_client_conn)", "query_wait_timeout").
 */
const FULL =
  /^53300$|too many (clients|connections)|max clients reached|MaxClients|EMAXCONN|connection slots|no more connections allowed|query_wait_timeout/i;

/** Whether there is no connection left; one may be free a moment later. */
export function isFull(error: unknown): boolean {
  const { code, message } = readRefusal(error);
  return FULL.test(code) || FULL.test(message);
}

/** Whether pg_hba.conf has no entry for a connection with, or without, encryption. */
export function isEncryptionRefused(error: unknown): boolean {
  const { code, message } = readRefusal(error);
  return code === '28000' && /no encryption|SSL encryption|SSL (off|on)/i.test(message);
}
