/** The checks of what a worker and the intake API share: queue, Storage with key and buckets, tables, clocks. */
import { startDeadline } from '@supabase-media/core/deadline';
import type { QueueAddress } from '@supabase-media/queue/backend';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { judgeClocks } from './check-clock.ts';
import { checkDatabase, type NamedTable } from './check-database.ts';
import { checkQueue, type QueueReport } from './check-queue.ts';
import { checkStorage, type StorageReport } from './check-storage.ts';
import { type CheckName, type Finding, type FindingCode, found } from './findings.ts';

/** A check that takes longer is reported as failed, in milliseconds. */
const CHECK_TIMEOUT_MS = 60_000;

/** Reports an error inside a check as a finding, so that the other checks still run. */
export async function guardCheck<T>(
  check: CheckName,
  options: {
    readonly signal: AbortSignal;
    readonly add: (findings: readonly Finding[]) => void;
    readonly otherwise: T;
  },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, add, otherwise } = options;
  const deadline = startDeadline(CHECK_TIMEOUT_MS, signal);
  try {
    return await run(deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    add([found(check, 'check_failed', { message })]);
    return otherwise;
  } finally {
    deadline.clear();
  }
}

const NO_QUEUE: QueueReport = { findings: [], clocks: [] };
const NO_STORAGE: StorageReport = { findings: [], clocks: [], buckets: [] };

/** Problems that affect the database API too; one finding is enough. */
const KEY_OR_ADDRESS_CODES: readonly string[] = [
  'key_expired',
  'key_not_service_role',
  'key_other_project',
  'storage_not_supabase',
  'storage_unauthorized',
  'storage_unreachable',
  'url_of_one_api',
  'url_scheme_wrong',
] satisfies FindingCode[];

export interface ServicesReport {
  readonly findings: readonly Finding[];
  /** For a later report: what need not be asked again. */
  readonly queue: QueueReport;
  /** For the checks that need a bucket. */
  readonly storage: StorageReport;
}

/**
 * Runs them at the same time; changes nothing.
 *
 * @param options.connection undefined where Supabase is not configured.
 * @param options.tables beside those that workers use.
 */
export async function checkServices(options: {
  readonly queue: QueueAddress;
  readonly connection: StorageConnection | undefined;
  readonly buckets: readonly string[];
  readonly tables?: readonly NamedTable[];
  /** Of a moment ago: then the queue is not asked. */
  readonly queueReport?: QueueReport | undefined;
  readonly signal: AbortSignal;
}): Promise<ServicesReport> {
  const { connection, signal } = options;
  const findings: Finding[] = [];
  const add = (more: readonly Finding[]) => void findings.push(...more);
  const guarded = { signal, add };
  const [queue, storage] = await Promise.all([
    options.queueReport ??
      guardCheck('queue', { ...guarded, otherwise: NO_QUEUE }, (bounded) => checkQueue(options.queue, bounded)),
    connection === undefined
      ? NO_STORAGE
      : guardCheck('storage', { ...guarded, otherwise: NO_STORAGE }, (bounded) =>
          checkStorage(connection, { buckets: options.buckets, signal: bounded }),
        ),
  ]);
  add([...queue.findings, ...storage.findings, ...judgeClocks([...storage.clocks, ...queue.clocks])]);
  if (connection === undefined)
    add([
      found('storage', 'supabase_not_configured', { message: 'SUPABASE_URL or SUPABASE_SERVICE_ROLE_KEY is not set.' }),
    ]);
  else if (storage.findings.some(({ code }) => KEY_OR_ADDRESS_CODES.includes(code)))
    add([
      found('database', 'check_skipped', { message: 'The database API cannot be checked with this address and key.' }),
    ]);
  else {
    const supabase = { url: connection.projectUrl, serviceRoleKey: connection.serviceRoleKey };
    await guardCheck('database', { ...guarded, otherwise: undefined }, async (bounded) =>
      add(await checkDatabase(supabase, { tables: options.tables, signal: bounded })),
    );
  }
  return { findings, queue, storage };
}
