/** A short name of a queue, for what two queues on one machine must not share. Pure. */
import { createHash } from 'node:crypto';
import type { QueueAddress } from './backend.ts';
import { QUEUE_NAME } from './queue-names.ts';

/**
 * Names a queue by where it stands, in eight hex digits: the same for every worker of it, and no credential goes into
 * it. PostgreSQL's user does: behind a pooler that many projects share, it alone tells their databases apart.
 */
export function queueFingerprint({ redisUrl, databaseUrl }: QueueAddress): string {
  const place =
    redisUrl === undefined
      ? describeLocation(databaseUrl, '5432', ({ username }) => username)
      : describeLocation(redisUrl, '6379');
  return createHash('sha256').update(`${place}/${QUEUE_NAME}`).digest('hex').slice(0, 8);
}

function describeLocation(address: string | undefined, port: string, more: (url: URL) => string = () => ''): string {
  if (address === undefined) return 'none';
  const url = new URL(address);
  const database = url.pathname.replace(/^\/+|\/+$/g, '');
  // A socket's folder stands beside the address.
  const host = url.searchParams.get('host') ?? url.hostname;
  return [host, url.port || port, database || 'default', more(url)].join('|');
}
