/** Verifies that Storage holds what was sent, and settles answers that leave it open. */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { isFault, mayBeStored } from '@supabase-media/upload-protocol/faults';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { type ObjectAddress, type ObjectInfo, readObjectInfo } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

/** Of the file that was sent, in hex digits. */
export interface FileDigests {
  readonly md5: string;
  /** Where it was taken before the upload and kept with the object. */
  readonly sha256?: string;
}

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

/** An ETag is the content's MD5 only in this shape; that of a multipart upload to S3 ends in `-N`. */
const MD5 = /^[0-9a-f]{32}$/;

function findMismatch(
  expected: ExpectedObject,
  digests: FileDigests,
  info: ObjectInfo | undefined,
): string | undefined {
  if (info === undefined) return 'no object';
  if (info.size !== expected.size) return `${info.size} bytes (${formatBytes(info.size)})`;
  if (info.etag !== undefined && MD5.test(info.etag) && info.etag !== digests.md5)
    return `content with MD5 ${info.etag}`;
  const { sha256 } = info.metadata;
  if (digests.sha256 !== undefined && typeof sha256 === 'string' && sha256 !== digests.sha256)
    return `content marked as SHA-256 ${sha256}`;
  return undefined;
}

/**
 * Compares what Storage holds with what was sent: the size, the MD5 where its ETag is one, the SHA-256 kept with it. An
 * object of ours that is not right is removed, so that nobody takes it for the file.
 *
 * @param info what Storage says of the object.
 * @throws {MediaError} `upload_mismatch`.
 */
export async function verifyUpload(
  expected: ExpectedObject,
  digests: FileDigests,
  info: ObjectInfo | undefined,
): Promise<void> {
  const mismatch = findMismatch(expected, digests, info);
  if (mismatch === undefined) return;
  if (info?.metadata.uploadId === expected.uploadId) await removeObject(expected);
  throw new MediaError({
    code: 'upload_mismatch',
    message: `Storage holds ${mismatch} at ${expected.bucket}/${expected.path}; ${expected.size} bytes with MD5 ${digests.md5} were sent.`,
  });
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
