/** Asks Storage one small question, so that a wrong address or key is known before any work is begun. */
import { MediaError } from '@supabase-media/core/errors';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { assertBucketName } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

const REACH_TIMEOUT_MS = 10_000;

/**
 * Makes sure that Storage answers, takes the key, and has the bucket.
 *
 * @throws {MediaError} `storage_unreachable`, `storage_unauthorized`, `storage_forbidden`, `bucket_missing`.
 */
export async function assertStorageReachable(connection: StorageConnection, bucket: string): Promise<void> {
  assertBucketName(bucket);
  const action = `Reaching Storage at ${new URL(connection.storageUrl).host}`;
  const answer = await connection.transport
    .send({
      method: 'GET',
      url: `${connection.storageUrl}/bucket/${encodeURIComponent(bucket)}`,
      headers: connection.headers,
      timeouts: { ...METADATA_TIMEOUTS, timeoutMs: REACH_TIMEOUT_MS },
      action,
    })
    .catch((error: unknown) => {
      // Whatever broke, at this point it means one thing to the operator.
      const message = error instanceof Error ? error.message : String(error);
      throw new MediaError({ code: 'storage_unreachable', message, cause: error });
    });
  if (answer.status >= 200 && answer.status < 300) return;
  const error = toAnswerError(answer, { action });
  if (error.code !== 'bucket_missing' && error.code !== 'object_missing') throw error;
  throw new MediaError({ code: 'bucket_missing', message: `There is no bucket ${bucket} in Storage.`, cause: error });
}
