/** Starts the parts of the stack in the order of their dependencies. */
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { signApiKeys } from '../api/api-keys.ts';
import { guardApi } from '../api/guard.ts';
import { createVerifier } from '../api/verify-token.ts';
import { keepGrants } from '../database/keep-grants.ts';
import { migrateProduct, prepareSchemas } from '../database/prepare-database.ts';
import { startHttpServer } from '../http/server.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import { STORAGE_PREFIX } from '../storage/start-storage.ts';
import { CONTROL_PREFIX } from '../storage/store-control.ts';
import { chooseStorage } from './choose-storage.ts';
import { Closers } from './closers.ts';
import { openDataFolder } from './data-folder.ts';
import type { StackEnvironment } from './environment.ts';
import type { StackOptions } from './options.ts';
import { LOOPBACK, portInUse, tryPort } from './ports.ts';
import { loadSecrets } from './secrets.ts';

export type { StackEnvironment } from './environment.ts';
export type { StackOptions } from './options.ts';

export interface Stack {
  /** http://127.0.0.1:port, the SUPABASE_URL. */
  readonly url: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  readonly jwtSecret: string;
  /** Of the database's superuser. */
  readonly databaseUrl: string;
  readonly environment: StackEnvironment;
  /** Stops everything in reverse order; a second call waits for the first. */
  stop(): Promise<void>;
}

/** Time limit for closing connections: one that waits for a lock ends with PostgreSQL. */
const CLOSE_LIMIT_MS = 2_000;

const SUPABASE_FOLDER = fileURLToPath(new URL('../../../../supabase/', import.meta.url));

/**
 * Starts the whole stack in this process; no signal handler is installed.
 * @throws StackError with a remedy, after stopping what was already started.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const closers = new Closers();
  try {
    return await startParts(options, closers);
  } catch (error) {
    await closers.closeAll().catch(() => {});
    throw error;
  }
}

async function startParts(options: StackOptions, closers: Closers): Promise<Stack> {
  const notice = options.onNotice ?? (() => {});
  const supabaseFolder = options.supabaseFolder ?? SUPABASE_FOLDER;
  if (options.port && (await tryPort(options.port)) === undefined) throw portInUse(options.port);
  const data = await openDataFolder({ path: options.dataFolder, fresh: options.fresh ?? false });
  closers.add(data.unlock);
  const secrets = await loadSecrets(data.path, options.jwtSecret);
  const keys = await signApiKeys(secrets);

  const postgres = await startPostgres({ dataFolder: data.path, password: secrets.databasePassword });
  closers.add(postgres.stop);
  if (postgres.elsewhere) notice(`The database's files are in ${postgres.elsewhere}.`);

  const pool = new pg.Pool({ connectionString: postgres.databaseUrl, max: 20 });
  // An idle connection that breaks is replaced by the pool; the query that needs it reports its own error.
  pool.on('error', () => {});
  closers.addBounded(() => pool.end(), CLOSE_LIMIT_MS);
  await prepareSchemas(pool);

  // Lite prints and reads process-wide settings when it is loaded: only when a stack is really started.
  const { startLite } = await import('../api/lite.ts');
  const verify = createVerifier(secrets.jwtSecret);
  const lite = await startLite({
    databaseUrl: postgres.databaseUrl,
    jwtSecret: secrets.jwtSecret,
    verify,
    siteUrl: `http://${LOOPBACK}:3000`,
  });
  closers.addBounded(lite.close, CLOSE_LIMIT_MS);
  const { changed } = await migrateProduct(pool, `${supabaseFolder}/migrations`);
  for (const file of changed) notice(`${file} changed since it was run here; start with --fresh to run it again.`);
  await keepGrants(pool, lite.warmUp);
  const api = guardApi({ verify, anonKey: keys.anonKey, next: lite.handle });

  const { storage, control } = await chooseStorage({
    options,
    pool,
    verify,
    notice,
    jwtSecret: secrets.jwtSecret,
    serviceRoleKey: keys.serviceRoleKey,
    dataFolder: data.path,
    supabaseFolder,
  });
  const server = await startHttpServer({
    port: options.port ?? 0,
    routes: [
      ['/rest/v1', api],
      ['/auth/v1', api],
      [STORAGE_PREFIX, storage],
      ...(control ? ([[CONTROL_PREFIX, control]] as const) : []),
    ],
  });
  closers.add(() => server.close());

  const url = `http://${LOOPBACK}:${server.port}`;
  return {
    url,
    ...keys,
    jwtSecret: secrets.jwtSecret,
    databaseUrl: postgres.databaseUrl,
    environment: {
      SUPABASE_URL: url,
      SUPABASE_ANON_KEY: keys.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
      SUPABASE_JWT_SECRET: secrets.jwtSecret,
      DATABASE_URL: postgres.databaseUrl,
    },
    stop: () => closers.closeAll(),
  };
}
