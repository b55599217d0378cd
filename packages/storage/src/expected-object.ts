/** Settles answers that leave open whether Storage has an upload, and removes what is ours. */
import { MediaError } from '@supabase-media/core/errors';
import { isFault, mayBeStored } from '@supabase-media/upload-protocol/faults';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { type ObjectAddress, readObjectInfo } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

/** What an object must be to be ours. */
export interface ExpectedObject extends ObjectAddress {
  readonly connection: StorageConnection;
  readonly uploadId: string;
  /** In bytes. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether a failed attempt, or one before it, stored the object after all: its answer was lost, a gateway gave up, or
 * what is in the way is what an earlier attempt put there.
 */
export async function isStoredAnyway(expected: ExpectedObject, error: unknown): Promise<boolean> {
  if (!(error instanceof MediaError) || expected.signal?.aborted) return false;
  if (!isFault(error.code) || !mayBeStored(error.code)) return false;
  const info = await readObjectInfo(expected.connection, expected, expected.signal).catch(() => undefined);
  return info !== undefined && info.size === expected.size && info.metadata.uploadId === expected.uploadId;
}

/**
 * Removes an object.
 *
 * @throws {MediaError} what Storage refuses; an object that is not there is no error.
 */
export async function removeObject(target: ObjectAddress & { connection: StorageConnection }): Promise<void> {
  const action = `Removing ${target.bucket}/${target.path}`;
  const answer = await target.connection.transport.send({
    method: 'DELETE',
    url: `${target.connection.storageUrl}/object/${encodeObjectPath(target.bucket, target.path)}`,
    headers: target.connection.headers,
    timeouts: METADATA_TIMEOUTS,
    action,
  });
  if (answer.status >= 200 && answer.status <= 299) return;
  const error = toAnswerError(answer, { action });
  if (error.code !== 'object_missing') throw error;
}
