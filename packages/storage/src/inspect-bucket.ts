/** What Storage says of a bucket, and when it says so. */
import type { MediaError } from '@supabase-media/core/errors';
import { classifyStorageAnswer, toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { PROBE_TIMEOUTS } from './inspect-common.ts';

export interface BucketFacts {
  readonly bucket: string;
  /** Undefined when the answer was one. */
  readonly error: MediaError | undefined;
  /** Whether Storage itself gave the answer, by its shape. */
  readonly isStorage: boolean;
  readonly isPublic: boolean;
  /** In bytes; undefined for none. */
  readonly limitBytes: number | undefined;
  /** How far Storage's clock is ahead of ours, in milliseconds. */
  readonly clockAheadMs: number | undefined;
}

/**
 * Asks for one bucket.
 *
 * @throws {MediaError} when there is no answer at all.
 */
export async function inspectBucket(
  connection: StorageConnection,
  bucket: string,
  signal: AbortSignal,
): Promise<BucketFacts> {
  const before = Date.now();
  const action = `Asking ${new URL(connection.storageUrl).host} for the bucket ${bucket}`;
  const answer = await connection.transport.send({
    method: 'GET',
    url: `${connection.storageUrl}/bucket/${encodeURIComponent(bucket)}`,
    headers: connection.headers,
    timeouts: PROBE_TIMEOUTS,
    signal,
    action,
  });
  const date = Date.parse(String(answer.headers.date ?? ''));
  const found = answer.status === 200 ? parseBucket(answer.body) : undefined;
  const isFound = found?.id === bucket;
  const limit = found?.file_size_limit;
  return {
    bucket,
    error: isFound ? undefined : toAnswerError(answer, { action }),
    isStorage: isFound || classifyStorageAnswer(answer).speaker === 'storage',
    isPublic: found?.public === true,
    limitBytes: typeof limit === 'number' && limit > 0 ? limit : undefined,
    // Dates of HTTP are cut to whole seconds: half of one is added back.
    clockAheadMs: Number.isNaN(date) ? undefined : date + 500 - (before + Date.now()) / 2,
  };
}

function parseBucket(text: string): { id?: unknown; public?: unknown; file_size_limit?: unknown } | undefined {
  try {
    return (JSON.parse(text) as object | null) ?? undefined;
  } catch {
    return undefined;
  }
}
