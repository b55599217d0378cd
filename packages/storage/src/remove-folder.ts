/** Removes all objects below a folder of a bucket. Doing it twice does no harm. */
import { MediaError } from '@supabase-media/core/errors';
import { retry } from '@supabase-media/core/retry';
import { type StorageAnswer, toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { encodeObjectPath } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';

export interface RemoveFolderOptions {
  readonly connection: StorageConnection;
  readonly bucket: string;
  /** Without a slash at its end; never empty. */
  readonly folder: string;
  /** Told the path of an object: whether it stays. */
  readonly keeps?: ((path: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Entries of one listing, names of one removal: half of what Storage takes in one request (1000). */
const PAGE = 500;

/** A ladder has two levels below its folder; a tree that is deeper is not ours. */
const DEPTH_MAX = 4;

const RETRIES = 3;

/**
 * Removes the objects, level by level.
 *
 * @returns how many there were.
 * @throws {MediaError} what Storage refuses or the network loses, after some retries.
 */
export async function removeFolder(options: RemoveFolderOptions): Promise<number> {
  if (options.folder === '') throw new RangeError('a whole bucket is not removed');
  return removeLevel(options, options.folder, DEPTH_MAX);
}

async function removeLevel(options: RemoveFolderOptions, folder: string, depth: number): Promise<number> {
  let total = 0;
  for (;;) {
    const entries = await listLevel(options, folder);
    const objects = entries
      .filter(({ id }) => id !== null)
      .map(({ name }) => `${folder}/${name}`)
      .filter((path) => options.keeps?.(path) !== true);
    const folders = entries.filter(({ id }) => id === null).map(({ name }) => `${folder}/${name}`);
    let removed = objects.length;
    if (depth > 0) for (const inner of folders) removed += await removeLevel(options, inner, depth - 1);
    if (objects.length > 0) await ask(options, 'DELETE', `object/${bucketOf(options)}`, { prefixes: objects });
    total += removed;
    // What is left of a full page is on the next look; folders vanish with their last object. A page of which nothing
    // can be removed would be looked at for ever.
    if (entries.length < PAGE || removed === 0) return total;
  }
}

interface Entry {
  readonly name: string;
  /** Null for a folder. */
  readonly id: string | null;
}

async function listLevel(options: RemoveFolderOptions, folder: string): Promise<Entry[]> {
  const answer = await ask(options, 'POST', `object/list/${bucketOf(options)}`, { prefix: folder, limit: PAGE });
  return JSON.parse(answer.body) as Entry[];
}

const bucketOf = ({ bucket }: RemoveFolderOptions): string => encodeURIComponent(bucket);

function ask(
  { connection, bucket, folder, signal }: RemoveFolderOptions,
  method: 'POST' | 'DELETE',
  path: string,
  body: object,
): Promise<StorageAnswer> {
  const action = `Removing ${encodeObjectPath(bucket, folder)}`;
  return retry(
    async () => {
      const answer = await connection.transport.send({
        method,
        url: `${connection.storageUrl}/${path}`,
        headers: { ...connection.headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        timeouts: METADATA_TIMEOUTS,
        signal,
        action,
      });
      if (answer.status >= 200 && answer.status <= 299) return answer;
      throw toAnswerError(answer, { action });
    },
    { retries: RETRIES, signal, isFinal: (error) => error instanceof MediaError && error.code === 'bucket_missing' },
  );
}
