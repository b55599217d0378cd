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

/**
 * Asks Storage how it is. It says that it is well also where the S3 server behind it is not.
 *
 * @returns false where it says no, or nothing.
 */
export async function isStorageHealthy(connection: StorageConnection, signal?: AbortSignal): Promise<boolean> {
  const { transport, storageUrl, headers } = connection;
  const action = `Asking Storage at ${new URL(storageUrl).host} for its health`;
  const timeouts = { ...METADATA_TIMEOUTS, timeoutMs: REACH_TIMEOUT_MS };
  return transport.send({ method: 'GET', url: `${storageUrl}/health`, headers, timeouts, signal, action }).then(
    ({ status }) => status >= 200 && status < 300,
    () => false,
  );
}
