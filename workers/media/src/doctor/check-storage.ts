/** Does Storage answer, does it take the key, and are the buckets there? */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { type BucketFacts, inspectBucket } from '@supabase-media/storage/inspect-bucket';
import type { ClockReading } from './check-clock.ts';
import { judgeKey } from './check-key.ts';
import { allRight, type Finding, found } from './findings.ts';

export interface StorageReport {
  readonly findings: readonly Finding[];
  readonly clocks: readonly ClockReading[];
  /** The buckets that are there; the checks of limits need one. */
  readonly buckets: readonly BucketFacts[];
}

/** Codes that say the same of every bucket, so that one finding is enough. */
function judgeAnswer({ error, isStorage }: BucketFacts): Finding | undefined {
  if (error === undefined || error.code === 'bucket_missing') return undefined;
  const { code, message } = error;
  if (isStorage && (code === 'storage_unauthorized' || code === 'storage_forbidden'))
    return found('storage', 'storage_unauthorized', { message });
  // Storage hides buckets from keys that may not see them.
  if (isStorage && code === 'object_missing') return undefined;
  if (code === 'gateway_failed' || code === 'storage_busy' || (isStorage && code === 'storage_failed'))
    return found('storage', 'storage_failing', { message });
  // The gateway of hosted Supabase refuses keys in words of its own.
  if (code === 'storage_unauthorized') return found('storage', 'storage_unauthorized', { message });
  return found('storage', 'storage_not_supabase', { message });
}

function judgeBucket(facts: BucketFacts): Finding {
  const { bucket, error, isPublic, limitBytes } = facts;
  if (error !== undefined) return found('buckets', 'bucket_missing', { message: `There is no bucket ${bucket}.` });
  if (isPublic) return found('buckets', 'bucket_public', { message: `The bucket ${bucket} is public.` });
  const limit = limitBytes === undefined ? 'no limit of its own' : `a limit of ${formatBytes(limitBytes)}`;
  return allRight('buckets', `${bucket} is there, private, with ${limit}.`);
}

/** Judges what was said of each bucket. */
export function judgeStorage(buckets: readonly BucketFacts[], host: string, keyProblems: readonly Finding[]) {
  const refusal = buckets.map(judgeAnswer).find((finding) => finding !== undefined);
  // A key that is known to be the wrong one explains every refusal, also the hiding of buckets.
  if (keyProblems.length > 0) return keyProblems;
  if (refusal !== undefined) return [refusal];
  return [allRight('storage', `${host} answers and takes the key.`), ...buckets.map(judgeBucket)];
}

export async function checkStorage(
  connection: StorageConnection,
  options: { readonly buckets: readonly string[]; readonly signal: AbortSignal },
): Promise<StorageReport> {
  const { host } = new URL(connection.storageUrl);
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
    return {
      findings: [...keyProblems, found('storage', 'storage_unreachable', { message: error.message })],
      clocks: [],
      buckets: [],
    };
  }
}
