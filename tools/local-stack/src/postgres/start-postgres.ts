/** PostgreSQL from nothing to ready: programs, account, files, server. */
import { join } from 'node:path';
import { findFreePort, LOOPBACK } from '../stack/ports.ts';
import { preparePrograms } from './binaries.ts';
import { createCluster } from './cluster.ts';
import { findClusterOwner, prepareClusterFolder } from './cluster-folder.ts';
import { type PostgresServer, startServer } from './server.ts';
import { clearStaleServer } from './stale-server.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';

export interface Postgres {
  /** postgres://… of the superuser, on 127.0.0.1. */
  readonly databaseUrl: string;
  /** Where the files are when they could not be kept in the data folder. */
  readonly elsewhere: string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on `<dataFolder>/postgres`, on a free port of 127.0.0.1 unless one is given.
 * @throws StackError when it cannot be started.
 */
export async function startPostgres(options: {
  dataFolder: string;
  password: string;
  port?: number;
}): Promise<Postgres> {
  const identity = (await findClusterOwner(options.dataFolder)) ?? (await findUnprivilegedUser());
  const programs = await preparePrograms(identity);
  const { folder, elsewhere } = await prepareClusterFolder(options.dataFolder, identity);
  const cluster = await createCluster({ programs, identity, folder, password: options.password });
  await clearStaleServer({ programs, identity, cluster });
  const logFile = join(options.dataFolder, 'postgres.log');
  const start = async (): Promise<PostgresServer> =>
    startServer({ programs, identity, cluster, logFile, port: options.port ?? (await findFreePort()) });
  const server = await start().catch((error: unknown) => {
    // Another process may take a free port before PostgreSQL does: retry once with another.
    if (options.port === undefined && String(error).includes('Address already in use')) return start();
    throw error;
  });
  return {
    databaseUrl: `postgres://postgres:${options.password}@${LOOPBACK}:${server.port}/postgres`,
    elsewhere: elsewhere ? folder : undefined,
    stop: server.stop,
  };
}
