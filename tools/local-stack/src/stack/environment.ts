/** The environment variables of a stack. */
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StackError, systemErrorCode } from './stack-error.ts';

/** The variables that a worker, a test or an app needs to use the stack. */
export type StackEnvironment = Record<
  'SUPABASE_URL' | 'SUPABASE_ANON_KEY' | 'SUPABASE_SERVICE_ROLE_KEY' | 'SUPABASE_JWT_SECRET' | 'DATABASE_URL',
  string
>;

const HEADER = '# Written by the local stack when it was ready.\n';

/** One `NAME=value` line for each variable. A value that dotenv would not read back as it is gets quoted. */
export function formatDotenv(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join('');
}

function quote(value: string): string {
  if (/^[\w.:/@%+=?&,-]*$/.test(value)) return value;
  const mark = ["'", '`', '"'].find((candidate) => !value.includes(candidate));
  if (mark === undefined || value.includes('\n')) throw new Error('A value cannot be written to a dotenv file.');
  return `${mark}${value}${mark}`;
}

/**
 * Writes the file atomically, with mode 0600: whoever waits for it to appear can read it immediately.
 * @throws StackError when it cannot be written
 */
export async function writeEnvironmentFile(file: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const path = resolve(file);
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    await writeFile(draft, HEADER + formatDotenv(environment), { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new StackError(
      `The environment file ${path} cannot be written (${systemErrorCode(error) ?? error}).`,
      'Name a file in a folder that exists and that you may write to: --env-file FILE',
      { cause: error },
    );
  }
}

/** Removes the file of an earlier stack, so that whoever waits for it does not read old values. */
export async function removeStaleEnvironmentFile(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.startsWith(HEADER)) await rm(file, { force: true });
}
