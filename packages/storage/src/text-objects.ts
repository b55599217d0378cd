/** Small objects that are text, read and written whole: playlists, captions. */
import { randomUUID } from 'node:crypto';
import { MediaError } from '@supabase-media/core/errors';
import { retry } from '@supabase-media/core/retry';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import type { ObjectAddress } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

/**
 * The text of an object of at most 1 MiB; undefined where there is none.
 *
 * @throws {MediaError} what Storage answers.
 */
export async function readText(
  connection: StorageConnection,
  { bucket, path }: ObjectAddress,
): Promise<string | undefined> {
  const action = `Reading ${bucket}/${path}`;
  // Of a text that was replaced, a cache may hold the earlier one.
  const query = `?cacheNonce=${randomUUID()}`;
  const answer = await connection.transport.send({
    method: 'GET',
    url: `${connection.storageUrl}/object/authenticated/${encodeObjectPath(bucket, path)}${query}`,
    headers: connection.headers,
    timeouts: METADATA_TIMEOUTS,
    action,
  });
  if (answer.status === 200) return answer.body;
  const error = toAnswerError(answer, { action });
  if (error.code === 'object_missing') return undefined;
  throw error;
}

export interface WriteTextOptions extends ObjectAddress {
  readonly text: string;
  readonly contentType: string;
  readonly signal?: AbortSignal | undefined;
}

const RETRIES = 3;

/**
 * Writes an object of at most 1 MiB, over what is there, and reads it back.
 *
 * @throws {MediaError} what Storage answers, or `upload_mismatch`, after some retries.
 */
export async function writeText(connection: StorageConnection, options: WriteTextOptions): Promise<void> {
  const { bucket, path, text, contentType, signal } = options;
  const action = `Writing ${bucket}/${path}`;
  const send = async () => {
    const answer = await connection.transport.send({
      method: 'POST',
      url: `${connection.storageUrl}/object/${encodeObjectPath(bucket, path)}`,
      headers: {
        ...connection.headers,
        'content-type': contentType,
        'x-upsert': 'true',
        // As all results have it: addresses are signed anew, so that no cache holds a replaced file for long.
        'cache-control': 'max-age=3600',
      },
      body: text,
      timeouts: METADATA_TIMEOUTS,
      signal,
      action,
    });
    if (answer.status !== 200) throw toAnswerError(answer, { action });
    if ((await readText(connection, options)) !== text)
      throw new MediaError({
        code: 'upload_mismatch',
        message: `${action}: Storage holds another text than was sent.`,
      });
  };
  await retry(send, { retries: RETRIES, signal });
}
