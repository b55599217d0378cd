/** Creates the database's files, once for each data folder. */
import { access, chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../stack/stack-error.ts';
import type { PostgresPrograms } from './binaries.ts';
import { runProgram } from './run-program.ts';
import type { ProcessIdentity } from './unprivileged-user.ts';

export interface ClusterOptions {
  readonly programs: PostgresPrograms;
  readonly identity: ProcessIdentity | undefined;
  /** Owned by `identity`; the cluster becomes its sub-folder `cluster`. */
  readonly folder: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/**
 * Runs initdb unless the cluster exists; an incomplete one is created again.
 * @returns the cluster's folder.
 * @throws StackError with initdb's output.
 */
export async function createCluster(options: ClusterOptions): Promise<string> {
  const cluster = join(options.folder, 'cluster');
  const done = join(options.folder, 'complete');
  if (await exists(done)) return cluster;
  await rm(cluster, { recursive: true, force: true });
  const passwordFile = join(options.folder, 'password');
  try {
    await writeFile(passwordFile, options.password, { mode: 0o600 });
    if (options.identity) await chown(passwordFile, options.identity.uid, options.identity.gid);
    const { code, output } = await runProgram({
      program: options.programs.initdb,
      args: [
        `--pgdata=${cluster}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-sync',
        '--no-instructions',
      ],
      identity: options.identity,
    });
    if (code !== 0) {
      throw new StackError(
        `PostgreSQL could not create its files: ${output.trim().split('\n').slice(-3).join(' ')}`,
        'Check free space and rights of the data folder, or choose another with --data DIR.',
      );
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(done, '');
  return cluster;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
