/** Checks that Storage responds, accepts the key, and has the buckets. */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { type BucketFacts, inspectBucket } from '@supabase-media/storage/inspect-bucket';
import type { ClockReading } from './check-clock.ts';
import { judgeAddress, judgeKey } from './check-key.ts';
import { allRight, type Finding, found } from './findings.ts';

export interface StorageReport {
  readonly findings: readonly Finding[];
  readonly clocks: readonly ClockReading[];
  /** The buckets that exist; the checks of limits need one. */
  readonly buckets: readonly BucketFacts[];
}

/** What OpenSSL says when a server answers in plain text. */
const SPOKE_NO_TLS = /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/;

/** Judges errors that affect every bucket, so that one finding is enough. */
function judgeAccess({ error, isStorage }: BucketFacts): Finding | undefined {
  if (error === undefined || error.code === 'bucket_missing') return undefined;
  const { code, message } = error;
  if (isStorage && (code === 'storage_unauthorized' || code === 'storage_forbidden'))
    return found('storage', 'storage_unauthorized', { message });
  // Storage hides buckets from keys without access.
  if (isStorage && code === 'object_missing') return undefined;
  if (code === 'gateway_failed' || code === 'storage_busy' || (isStorage && code === 'storage_failed'))
    return found('storage', 'storage_failing', { message });
  // The gateway of hosted Supabase rejects keys with messages of its own.
  if (code === 'storage_unauthorized') return found('storage', 'storage_unauthorized', { message });
  return found('storage', 'storage_not_supabase', { message });
}

function judgeBucket(facts: BucketFacts): Finding {
  const { bucket, error, isPublic, limitBytes } = facts;
  if (error !== undefined)
    return found('buckets', 'bucket_missing', { message: `The bucket ${bucket} does not exist.` });
  if (isPublic) return found('buckets', 'bucket_public', { message: `The bucket ${bucket} is public.` });
  const limit = limitBytes === undefined ? 'no size limit of its own' : `a size limit of ${formatBytes(limitBytes)}`;
  return allRight('buckets', `The bucket ${bucket} exists, is private, and has ${limit}.`);
}

/** Judges the facts of all buckets. */
function judgeStorage(buckets: readonly BucketFacts[], host: string, keyProblems: readonly Finding[]) {
  const refusal = buckets.map(judgeAccess).find((finding) => finding !== undefined);
  // A wrong key explains every rejection, including hidden buckets.
  if (keyProblems.length > 0) return keyProblems;
  if (refusal !== undefined) return [refusal];
  return [allRight('storage', `${host} responds and accepts the key.`), ...buckets.map(judgeBucket)];
}

export async function checkStorage(
  connection: StorageConnection,
  options: { readonly buckets: readonly string[]; readonly signal: AbortSignal },
): Promise<StorageReport> {
  const { host } = new URL(connection.storageUrl);
  const addressProblems = judgeAddress(connection.projectUrl);
  if (addressProblems.length > 0) return { findings: addressProblems, clocks: [], buckets: [] };
  const keyProblems = judgeKey({ key: connection.serviceRoleKey, url: connection.projectUrl, now: Date.now() });
  try {
    const facts = await Promise.all(options.buckets.map((bucket) => inspectBucket(connection, bucket, options.signal)));
    const aheadMs = facts[0]?.clockAheadMs;
    return {
      findings: judgeStorage(facts, host, keyProblems),
      clocks: aheadMs === undefined ? [] : [{ peer: 'Storage', aheadMs }],
      buckets: keyProblems.length > 0 ? [] : facts.filter(({ error }) => error === undefined),
    };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof MediaError)) throw error;
    const problem = SPOKE_NO_TLS.test(String(error.details.cause))
      ? found('storage', 'url_scheme_wrong', { message: `${host} answered something else than TLS.` })
      : found('storage', 'storage_unreachable', { message: error.message });
    return {
      findings: [...keyProblems, problem],
      clocks: [],
      buckets: [],
    };
  }
}
