/** Settles answers that leave open whether Storage has an upload, and removes what is ours. */
import { MediaError } from '@supabase-media/core/errors';
import { isFault, mayBeStored } from '@supabase-media/upload-protocol/faults';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { type ObjectAddress, readObjectInfo } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

/** Asks Storage. That it cannot be asked is no reason to send the file again. */
export type Ask = <T>(question: () => Promise<T>) => Promise<T>;

/** What an object must be to be ours. */
export interface ExpectedObject extends ObjectAddress {
  readonly connection: StorageConnection;
  readonly uploadId: string;
  /** In bytes. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
}

/** What stands at the key after an attempt failed. `open`: nothing that says how it ended. */
export type FailureOutcome = 'stored' | 'taken' | 'open';

/**
 * Looks what a failed attempt, or one before it, came to. `stored` after all: its answer was lost, a gateway gave up, or
 * what is in the way is what an earlier attempt put there. `taken`: another object is there, whose refusal may have been
 * lost too, since Storage closes the connection while the body is still being written.
 */
export async function settleFailure(expected: ExpectedObject, error: unknown): Promise<FailureOutcome> {
  if (!(error instanceof MediaError) || expected.signal?.aborted) return 'open';
  if (!isFault(error.code) || !mayBeStored(error.code)) return 'open';
  const info = await readObjectInfo(expected.connection, expected, expected.signal).catch(() => undefined);
  if (info === undefined) return 'open';
  if (info.metadata.uploadId !== expected.uploadId) return 'taken';
  return info.size === expected.size ? 'stored' : 'open';
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

/** Removes an object if it is still ours: meanwhile, somebody may have put another in its place. */
export async function removeOurs(expected: ExpectedObject, ask: Ask): Promise<void> {
  const info = await ask(() => readObjectInfo(expected.connection, expected, expected.signal));
  if (info?.metadata.uploadId === expected.uploadId) await ask(() => removeObject(expected));
}
