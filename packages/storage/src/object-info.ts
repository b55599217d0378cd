/** What Storage holds at a key, asked without reading it. */
import { bareEtag } from '@supabase-media/upload-protocol/multipart-etag';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { encodeObjectPath } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

/** One object as Storage describes it. */
export interface ObjectInfo {
  /** In bytes. */
  readonly size: number;
  /** Changes with every overwrite. */
  readonly version: string | undefined;
  /** Without quotes; an MD5 only where it is 32 hex digits (a multipart upload of S3 ends in `-N`). */
  readonly etag: string | undefined;
  readonly contentType: string | undefined;
  /** The uploader's own, as sent with the object. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ObjectAddress {
  readonly bucket: string;
  readonly path: string;
}

const textOrUndefined = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function parseInfo(body: string): ObjectInfo {
  const parsed = JSON.parse(body) as Record<string, unknown>;
  const etag = textOrUndefined(parsed.etag);
  return {
    size: Number(parsed.size),
    version: textOrUndefined(parsed.version),
    etag: etag === undefined ? undefined : bareEtag(etag),
    contentType: textOrUndefined(parsed.content_type),
    metadata: typeof parsed.metadata === 'object' && parsed.metadata !== null ? { ...parsed.metadata } : {},
  };
}

/**
 * Looks at an object.
 *
 * @returns undefined where there is none.
 * @throws {MediaError} when Storage cannot be asked.
 */
export async function readObjectInfo(
  connection: StorageConnection,
  address: ObjectAddress,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const action = `Looking at ${address.bucket}/${address.path}`;
  const answer = await connection.transport.send({
    method: 'GET',
    url: `${connection.storageUrl}/object/info/${encodeObjectPath(address.bucket, address.path)}`,
    headers: connection.headers,
    timeouts: METADATA_TIMEOUTS,
    signal,
    action,
  });
  if (answer.status === 200) return parseInfo(answer.body);
  const error = toAnswerError(answer, { action });
  if (error.code === 'object_missing') return undefined;
  throw error;
}
