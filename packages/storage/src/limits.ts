/**
 * The limits of Storage, known before a byte is sent. Three apply and the smallest wins: the bucket's, the project's
 * global one, and one that only single requests have. The first two can be asked for; the third shows only when a
 * single request is refused although the other two would let the file through.
 */
import { isStorageOutage, MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { assertBucketName } from './object-key.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';
import { readProjectLimit } from './tus.ts';

/** What a project's Storage takes, in bytes; undefined where it does not say. */
export interface StorageLimits {
  readonly bucketBytes: number | undefined;
  readonly projectBytes: number | undefined;
}

const NAME_BY_LIMIT = {
  bucket: 'the limit of the bucket',
  project: "the project's global limit",
  request: 'the limit of single requests',
} as const;

const REMEDY_BY_LIMIT = {
  bucket: "Raise the bucket's file_size_limit (supabase/migrations, or Storage > the bucket > Edit), or send less.",
  project:
    'Raise the global limit: hosted, Storage > Settings; local, [storage] file_size_limit in supabase/config.toml; self-hosted, UPLOAD_FILE_SIZE_LIMIT.',
  request: 'Send it with --route resumable, which this limit does not bind, or raise UPLOAD_FILE_SIZE_LIMIT_STANDARD.',
} as const;

/** Limits change when somebody changes them: asked for again after this, in milliseconds. */
const REMEMBER_MS = 60_000;

const remembered = new WeakMap<
  StorageConnection,
  Map<string, { readonly limits: StorageLimits; readonly until: number }>
>();

/**
 * Asks Storage for its limits, at most once a minute for each bucket.
 *
 * @throws {MediaError} when Storage cannot be reached. A key that may not look at the bucket learns no bucket limit.
 */
export async function readLimits(
  connection: StorageConnection,
  bucket: string,
  signal?: AbortSignal,
): Promise<StorageLimits> {
  const known = remembered.get(connection) ?? new Map();
  remembered.set(connection, known);
  const entry = known.get(bucket);
  if (entry !== undefined && entry.until > performance.now()) return entry.limits;
  const [bucketBytes, projectBytes] = await Promise.all([
    readBucketLimit(connection, bucket, signal),
    readProjectLimit({ connection, signal, action: "Asking for the project's limit" }),
  ]);
  const limits = { bucketBytes, projectBytes };
  known.set(bucket, { limits, until: performance.now() + REMEMBER_MS });
  return limits;
}

async function readBucketLimit(connection: StorageConnection, bucket: string, signal?: AbortSignal) {
  assertBucketName(bucket);
  const action = `Asking for the limit of ${bucket}`;
  const answer = await connection.transport.send({
    method: 'GET',
    url: `${connection.storageUrl}/bucket/${encodeURIComponent(bucket)}`,
    headers: connection.headers,
    timeouts: METADATA_TIMEOUTS,
    signal,
    action,
  });
  if (answer.status !== 200) {
    // Somebody who answers in Storage's place knows no limit.
    const refusal = toAnswerError(answer, { action });
    if (isStorageOutage(refusal)) throw refusal;
    return undefined;
  }
  const { file_size_limit: limit } = JSON.parse(answer.body) as { file_size_limit?: number | null };
  return typeof limit === 'number' && limit > 0 ? limit : undefined;
}

/**
 * Refuses a file that Storage would refuse.
 *
 * @param file its name for the message and its size in bytes.
 * @throws {MediaError} `object_too_large`, naming the limit, its value, the file's size, and where to change it.
 */
export function assertWithinLimits(
  file: { readonly name: string; readonly size: number },
  limits: StorageLimits,
): void {
  const candidates = [
    { limit: 'bucket', bytes: limits.bucketBytes },
    { limit: 'project', bytes: limits.projectBytes },
  ] as const;
  const [lowest] = candidates
    .flatMap(({ limit, bytes }) => (bytes === undefined ? [] : [{ limit, bytes }]))
    .sort((a, b) => a.bytes - b.bytes);
  if (lowest !== undefined && file.size > lowest.bytes) throw tooLarge(file, lowest);
}

/** The error of a file over a limit; `bytes` is absent where the limit's value is not to be had. */
export function tooLarge(
  file: { readonly name: string; readonly size: number },
  over: { readonly limit: keyof typeof NAME_BY_LIMIT; readonly bytes?: number },
): MediaError {
  const value = over.bytes === undefined ? '' : ` of ${formatBytes(over.bytes)} (${over.bytes} bytes)`;
  return new MediaError({
    code: 'object_too_large',
    message: `${file.name} has ${formatBytes(file.size)} (${file.size} bytes), more than ${NAME_BY_LIMIT[over.limit]}${value}.`,
    hint: REMEDY_BY_LIMIT[over.limit],
    details: { limit: over.limit, limitBytes: over.bytes, fileBytes: file.size },
  });
}
