/** Checks that the queue is reachable, keeps its jobs, and supports what BullMQ needs. */
import { formatBytes } from '@supabase-media/core/format';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { inspectPostgres, type PostgresFacts } from '@supabase-media/queue/inspect-postgres';
import { inspectRedis, type RedisFacts } from '@supabase-media/queue/inspect-redis';
import { DEFAULT_POOL_SIZE } from '@supabase-media/queue/pool-size';
import { isFull, readRefusal } from '@supabase-media/queue/refusals';
import type { ClockReading } from './check-clock.ts';
import { type Finding, type FindingCode, found, orAllRight } from './findings.ts';

/** Required by BullMQ 6. */
const MIN_REDIS = [6, 2] as const;
const MIN_POSTGRES = 140_000;

/** Warn when this share of maxmemory is in use. */
const MEMORY_HIGH = 0.8;

const isOlder = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
};

function judgeRedis(facts: RedisFacts): readonly Finding[] {
  const { version, role, maxmemoryPolicy, maxmemoryBytes, usedMemoryBytes, appendOnly, snapshots } = facts;
  const findings: Finding[] = [];
  const add = (code: FindingCode, message: string) => findings.push(found('queue', code, { message }));
  if (version !== undefined && isOlder(version, MIN_REDIS))
    add('redis_too_old', `The server is Redis ${version}; ${MIN_REDIS.join('.')} or newer is required.`);
  if (role !== undefined && role !== 'master') add('redis_read_only', `The server's role is ${role}.`);
  if (maxmemoryPolicy !== undefined && maxmemoryPolicy !== 'noeviction') {
    const limit = maxmemoryBytes ? formatBytes(maxmemoryBytes) : 'no limit';
    const code = maxmemoryBytes === 0 ? 'redis_would_evict' : 'redis_evicts';
    add(code, `maxmemory-policy is ${maxmemoryPolicy} (maxmemory: ${limit}), not noeviction.`);
  }
  if (maxmemoryBytes && usedMemoryBytes !== undefined && usedMemoryBytes > maxmemoryBytes * MEMORY_HIGH)
    add('redis_memory_high', `${formatBytes(usedMemoryBytes)} of ${formatBytes(maxmemoryBytes)} are in use.`);
  if (appendOnly === false && snapshots === false)
    add('redis_keeps_nothing', 'Neither appendonly nor save is enabled.');
  if (appendOnly === false && snapshots !== false)
    add('redis_snapshots_only', 'appendonly is off; only snapshots are saved.');
  return orAllRight(findings, 'queue', `Redis ${version ?? ''} persists jobs and evicts none.`);
}

const versionOf = (number: number): string => `${Math.floor(number / 10_000)}.${number % 10_000}`;

function judgePostgres(facts: PostgresFacts, poolSize: number): readonly Finding[] {
  const { version, searchPath, notifies, maxConnections, usedConnections } = facts;
  const findings: Finding[] = [];
  const add = (code: FindingCode, message: string) => findings.push(found('queue', code, { message }));
  if (version < MIN_POSTGRES) add('postgres_too_old', `The server is PostgreSQL ${versionOf(version)}.`);
  if (facts.isReplica) add('postgres_read_only', 'The server is in recovery.');
  if (searchPath !== 'kept') {
    const how = searchPath === 'dropped' ? 'is ignored' : `is rejected: ${searchPath.refused}`;
    add('postgres_pooler_drops_search_path', `The search_path that a connection starts with ${how}.`);
  }
  if (notifies === false)
    add('postgres_pooler_no_listen', 'A notification did not reach a listening connection within 2 s.');
  if (!facts.hasQueueSchema && !facts.mayCreateSchema)
    add('postgres_cannot_create', 'There is no schema bullmq, and the user may not create it.');
  if (maxConnections - usedConnections < poolSize)
    add('postgres_connections_low', `${usedConnections} of ${maxConnections} connections are in use.`);
  const through = facts.isPooled ? ', through a session pooler' : '';
  return orAllRight(findings, 'queue', `PostgreSQL ${versionOf(version)}${through}: LISTEN and search_path work.`);
}

/** Of Node and OpenSSL; "no encryption" is PostgreSQL's where pg_hba.conf wants some. */
const ENCRYPTION =
  /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)|does not support SSL|no encryption|SSL off|self[- ]signed|wrong version number/i;

/** Redis' words. */
const REDIS_FULL = /max number of clients reached/i;

/** PostgreSQL's error class 28, and Redis' words. */
const LOGIN =
  /^28|WRONGPASS|NOAUTH|NOPERM|invalid username-password|password authentication|SASL|Tenant or user not found/i;

/** No way to an address of this kind. */
const NO_WAY = /^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL)$/;

/** Direct addresses of hosted projects have IPv6 alone; a resolver that knows none answers that there is no such host. */
const HOSTED_DIRECT = /^db\.[a-z0-9]+\.supabase\.(co|in)$/;

/** What it means that the queue could not be opened. Pure. */
export function explainQueueError(error: unknown, url: string): FindingCode {
  const { code, message } = readRefusal(error);
  const says = (words: RegExp) => words.test(code) || words.test(message);
  // The address is checked when the environment is read; what is found here is of its encryption.
  if (code === 'config_invalid' || says(ENCRYPTION)) return 'queue_encryption';
  if (isFull(error) || says(REDIS_FULL)) return 'queue_full';
  if (says(LOGIN)) return 'queue_unauthorized';
  if (NO_WAY.test(code) && /[0-9a-f]*:[0-9a-f]*:/i.test(message)) return 'queue_ipv6_only';
  if (/^(ENOTFOUND|ENODATA)$/.test(code) && HOSTED_DIRECT.test(new URL(url).hostname)) return 'queue_ipv6_only';
  return 'queue_unreachable';
}

const hostOf = (url: string): string => new URL(url).host;

export interface QueueReport {
  readonly findings: readonly Finding[];
  readonly clocks: readonly ClockReading[];
}

const clocksOf = (aheadMs: number | undefined): readonly ClockReading[] =>
  aheadMs === undefined ? [] : [{ peer: 'the queue', aheadMs }];

export async function checkQueue(address: QueueAddress, signal: AbortSignal): Promise<QueueReport> {
  const { redisUrl, databaseUrl, poolSize = DEFAULT_POOL_SIZE } = address;
  const url = redisUrl ?? databaseUrl;
  if (url === undefined)
    return {
      findings: [found('queue', 'queue_not_configured', { message: 'REDIS_URL and DATABASE_URL are both unset.' })],
      clocks: [],
    };
  const kind = redisUrl === undefined ? 'PostgreSQL' : 'Redis';
  try {
    if (redisUrl !== undefined) {
      const facts = await inspectRedis(redisUrl, signal);
      return { findings: judgeRedis(facts), clocks: clocksOf(facts.clockAheadMs) };
    }
    const facts = await inspectPostgres(url, signal);
    return { findings: judgePostgres(facts, poolSize), clocks: clocksOf(facts.clockAheadMs) };
  } catch (error) {
    signal.throwIfAborted();
    const code = explainQueueError(error, url);
    return {
      findings: [found('queue', code, { message: `${kind} at ${hostOf(url)}: ${readRefusal(error).message}.` })],
      clocks: [],
    };
  }
}
