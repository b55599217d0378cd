/** Is the queue there, will it keep its jobs, and does what it needs come through? */
import { formatBytes } from '@supabase-media/core/format';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { inspectPostgres, type PostgresFacts } from '@supabase-media/queue/inspect-postgres';
import { inspectRedis, type RedisFacts } from '@supabase-media/queue/inspect-redis';
import type { ClockReading } from './check-clock.ts';
import { type Finding, type FindingCode, found, orAllRight } from './findings.ts';

/** What BullMQ 6 asks for. */
const OLDEST_REDIS = [6, 2] as const;
const OLDEST_POSTGRES = 140_000;

/** From this share on a full memory is near. */
const MEMORY_HIGH = 0.8;

/** Of one worker: its pools and the connection that listens. */
const CONNECTIONS_OF_A_WORKER = 10;

const isOlder = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
};

export function judgeRedis(facts: RedisFacts): readonly Finding[] {
  const { version, role, maxmemoryPolicy, maxmemoryBytes, usedMemoryBytes, appendOnly, snapshots } = facts;
  const findings: Finding[] = [];
  const add = (code: FindingCode, message: string) => findings.push(found('queue', code, { message }));
  if (version !== undefined && isOlder(version, OLDEST_REDIS))
    add('redis_too_old', `This is Redis ${version}; ${OLDEST_REDIS.join('.')} is needed.`);
  if (role !== undefined && role !== 'master') add('redis_read_only', `Its role is ${role}.`);
  if (maxmemoryPolicy !== undefined && maxmemoryPolicy !== 'noeviction') {
    const limit = maxmemoryBytes ? formatBytes(maxmemoryBytes) : 'no limit';
    const code = maxmemoryBytes === 0 ? 'redis_would_evict' : 'redis_evicts';
    add(code, `maxmemory-policy is ${maxmemoryPolicy} (maxmemory: ${limit}), not noeviction.`);
  }
  if (maxmemoryBytes && usedMemoryBytes !== undefined && usedMemoryBytes > maxmemoryBytes * MEMORY_HIGH)
    add('redis_memory_high', `${formatBytes(usedMemoryBytes)} of ${formatBytes(maxmemoryBytes)} are in use.`);
  if (appendOnly === false && snapshots === false) add('redis_keeps_nothing', 'Neither appendonly nor save is set.');
  if (appendOnly === false && snapshots !== false)
    add('redis_snapshots_only', 'appendonly is off; snapshots are taken now and then.');
  return orAllRight(findings, 'queue', `Redis ${version ?? ''} keeps its jobs and evicts none.`);
}

const versionOf = (number: number): string => `${Math.floor(number / 10_000)}.${number % 10_000}`;

export function judgePostgres(facts: PostgresFacts): readonly Finding[] {
  const { version, searchPath, notifies, maxConnections, usedConnections } = facts;
  const findings: Finding[] = [];
  const add = (code: FindingCode, message: string) => findings.push(found('queue', code, { message }));
  if (version < OLDEST_POSTGRES) add('postgres_too_old', `This is PostgreSQL ${versionOf(version)}.`);
  if (facts.isReplica) add('postgres_read_only', 'The server is in recovery.');
  if (searchPath !== 'kept') {
    const how = searchPath === 'dropped' ? 'is not in force on the server' : `is refused: ${searchPath.refused}`;
    add('postgres_pooler_drops_search_path', `The search_path that a connection begins with ${how}.`);
  }
  if (notifies === false)
    add('postgres_pooler_no_listen', 'A notification did not reach a connection that listens within 2 s.');
  if (!facts.hasQueueSchema && !facts.mayCreateSchema)
    add('postgres_cannot_create', 'There is no schema bullmq, and the user may not create one.');
  if (maxConnections - usedConnections < CONNECTIONS_OF_A_WORKER)
    add('postgres_connections_low', `${usedConnections} of ${maxConnections} connections are in use.`);
  const through = facts.isPooled ? ', through a pooler that keeps sessions' : '';
  return orAllRight(findings, 'queue', `PostgreSQL ${versionOf(version)}${through}: LISTEN and search_path work.`);
}

/** Codes of PostgreSQL (class 28) and words of Redis for a login that is refused. */
const isLoginRefusal = (error: unknown): boolean => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = error instanceof Error ? error.message : String(error);
  return /^28/.test(code) || /WRONGPASS|NOAUTH|NOPERM|invalid username-password|password authentication/i.test(words);
};

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

const hostOf = (url: string): string => new URL(url).host;

export interface QueueReport {
  readonly findings: readonly Finding[];
  readonly clocks: readonly ClockReading[];
}

const timeoutsOf = (aheadMs: number | undefined): readonly ClockReading[] =>
  aheadMs === undefined ? [] : [{ peer: 'the queue', aheadMs }];

export async function checkQueue(address: QueueAddress, signal: AbortSignal): Promise<QueueReport> {
  const { redisUrl, databaseUrl } = address;
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
      return { findings: judgeRedis(facts), clocks: timeoutsOf(facts.clockAheadMs) };
    }
    const facts = await inspectPostgres(url, signal);
    return { findings: judgePostgres(facts), clocks: timeoutsOf(facts.clockAheadMs) };
  } catch (error) {
    signal.throwIfAborted();
    const code = isLoginRefusal(error) ? 'queue_unauthorized' : 'queue_unreachable';
    return {
      findings: [found('queue', code, { message: `${kind} at ${hostOf(url)}: ${wordsOf(error)}.` })],
      clocks: [],
    };
  }
}
