/** The secrets of a data folder, which stay the same across starts so that keys remain valid. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError, systemErrorCode } from './stack-error.ts';

export interface Secrets {
  /** HS256 secret of every token: keys, sessions, signed URLs. */
  readonly jwtSecret: string;
  readonly databasePassword: string;
  /** Unix time in seconds: `iat` of the two keys, so that they are the same text at every start. */
  readonly issuedAt: number;
}

/**
 * Reads `<folder>/secrets.json`, made at first with mode 0600. A `jwtSecret` given here replaces the stored one.
 * @throws StackError when the file is damaged.
 */
export async function loadSecrets(folder: string, jwtSecret?: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const stored = await readSecrets(file);
  const secrets: Secrets = {
    jwtSecret: jwtSecret ?? stored?.jwtSecret ?? randomBytes(32).toString('hex'),
    databasePassword: stored?.databasePassword ?? randomBytes(16).toString('hex'),
    issuedAt: stored?.issuedAt ?? Math.floor(Date.now() / 1000),
  };
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}

async function readSecrets(file: string): Promise<Secrets | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isSecrets(value)) return value;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new StackError(`${file} is damaged.`, 'Start with --fresh, which deletes everything stored here.');
}

function isSecrets(value: unknown): value is Secrets {
  return (
    typeof value === 'object' &&
    value !== null &&
    'jwtSecret' in value &&
    typeof value.jwtSecret === 'string' &&
    'databasePassword' in value &&
    typeof value.databasePassword === 'string' &&
    'issuedAt' in value &&
    typeof value.issuedAt === 'number'
  );
}
