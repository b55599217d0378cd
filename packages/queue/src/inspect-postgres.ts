/**
 * What `media doctor` wants to know of a PostgreSQL that carries the queue, measured. Judged in `doctor/`.
 *
 * Ports tell little: a pooler listens on any. So what the queue needs is tried: the `search_path` that its connections
 * set when they begin, and a notification from one connection to another. Measured with PgBouncer 1.18: it refuses the
 * start-up option, or drops it without a word where it is told to ignore it, in session mode too; in transaction mode
 * it does not carry notifications, and a job was taken 6 s late. Supabase's pooler takes the option in both modes (from
 * source).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { CONNECT_TIMEOUT_MS, openClient, readTarget } from './postgres/client.ts';
import { QUEUE_SCHEMA as SCHEMA } from './postgres/shared-pool.ts';

export interface PostgresFacts {
  /** As `server_version_num`: 150004 for 15.4. */
  readonly version: number;
  readonly isReplica: boolean;
  /** Something between us and the server answers in its place. */
  readonly isPooled: boolean;
  /** Whether a connection keeps the search_path that it was begun with; the words of a refusal when it is refused. */
  readonly searchPath: 'kept' | 'dropped' | { readonly refused: string };
  /** Whether a notification arrives; `undefined` when it could not be tried. */
  readonly notifies: boolean | undefined;
  readonly hasQueueSchema: boolean;
  readonly mayCreateSchema: boolean;
  readonly maxConnections: number;
  readonly usedConnections: number;
  /** How far its clock is ahead of ours, in milliseconds. */
  readonly clockAheadMs: number;
}

/** On a session connection a notification takes milliseconds. */
const NOTIFY_WAIT_MS = 2000;

const LOOK = `
  select current_setting('server_version_num')::int as version,
    pg_is_in_recovery() as is_replica,
    pg_backend_pid() as pid,
    to_regnamespace('${SCHEMA}') is not null as has_schema,
    has_database_privilege(current_database(), 'CREATE') as may_create,
    current_setting('max_connections')::int as max_connections,
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used_connections,
    extract(epoch from clock_timestamp()) * 1000 as now_ms`;

interface Look {
  readonly version: number;
  readonly is_replica: boolean;
  readonly pid: number;
  readonly has_schema: boolean;
  readonly may_create: boolean;
  readonly max_connections: number;
  readonly used_connections: number;
  readonly now_ms: string;
}

async function withClient<T>(
  url: string,
  options: { readonly startup?: string; readonly signal: AbortSignal },
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  signal.throwIfAborted();
  const client = await openClient(await readTarget(url), {
    startup: options.startup,
    queryTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  const onAbort = () => void client.end().catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await use(client);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await client.end().catch(() => {});
  }
}

async function trySearchPath(url: string, signal: AbortSignal): Promise<PostgresFacts['searchPath']> {
  try {
    return await withClient(url, { signal, startup: `-c search_path="${SCHEMA}"` }, async (client) => {
      const { rows } = await client.query<{ path: string }>(`select current_setting('search_path') as path`);
      return rows[0]?.path.replaceAll('"', '') === SCHEMA ? 'kept' : 'dropped';
    });
  } catch (error) {
    signal.throwIfAborted();
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/** One connection listens, another one notifies: a pooler that shares server connections loses it. */
async function tryNotify(url: string, signal: AbortSignal): Promise<boolean | undefined> {
  const channel = `media_doctor_${randomUUID().replaceAll('-', '')}`;
  try {
    return await withClient(url, { signal }, async (listener) => {
      const arrived = new Promise<true>((resolve) => listener.once('notification', () => resolve(true)));
      await listener.query(`listen ${channel}`);
      await withClient(url, { signal }, (notifier) => notifier.query(`notify ${channel}`));
      const waited = new AbortController();
      const late = sleep(NOTIFY_WAIT_MS, false, { signal: AbortSignal.any([signal, waited.signal]) });
      return await Promise.race([arrived, late]).finally(() => {
        waited.abort();
        late.catch(() => {});
      });
    });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Connects a few times and looks; changes nothing.
 *
 * @throws what pg throws when it cannot connect or log in.
 */
export async function inspectPostgres(url: string, signal: AbortSignal): Promise<PostgresFacts> {
  const seen = await withClient(url, { signal }, async (client) => {
    const before = Date.now();
    const { rows } = await client.query<Look>(LOOK);
    const middle = (before + Date.now()) / 2;
    const look = rows[0];
    if (look === undefined) throw new Error('the server gave no answer');
    // A pooler hands out process ids of its own; pg keeps the one of the handshake but does not declare it.
    const { processID } = client as unknown as { readonly processID: number | null };
    return { look, clockAheadMs: Number(look.now_ms) - middle, isPooled: processID !== look.pid };
  });
  const { look, clockAheadMs, isPooled } = seen;
  const searchPath = await trySearchPath(url, signal);
  return {
    version: look.version,
    isReplica: look.is_replica,
    isPooled,
    searchPath,
    notifies: look.is_replica ? undefined : await tryNotify(url, signal),
    hasQueueSchema: look.has_schema,
    mayCreateSchema: look.may_create,
    maxConnections: look.max_connections,
    usedConnections: look.used_connections,
    clockAheadMs,
  };
}
