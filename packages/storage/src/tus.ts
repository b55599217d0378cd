/**
 * The requests of the TUS protocol (tus.io, version 1.0.0: core, creation, termination, expiration) as Storage answers
 * them. What an answer means is decided here; what to do about it in `upload-resumable.ts`.
 */

import { parseRetryAfter } from '@supabase-media/core/backoff';
import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { classifyAnswer, isTusAnswer, type StorageAnswer } from './classify-answer.ts';
import type { StorageConnection } from './connection.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';
import type { SizedBody, TransportTimeouts } from './transport.ts';

/** What every request of one upload needs. */
export interface TusRequest {
  readonly connection: StorageConnection;
  readonly upsert: boolean;
  readonly signal: AbortSignal | undefined;
  readonly action: string;
}

export interface CreateUploadOptions extends TusRequest {
  readonly bucket: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An upload that Storage has made room for. */
export interface CreatedUpload {
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How long an upload lives where Storage does not say: a day on hosted Supabase. */
const LIFE_MS = 86_400_000;

/** x-upsert belongs on every request: an upload begun with it and continued without is refused as a duplicate. */
const headersOf = ({ connection, upsert }: TusRequest): Record<string, string> => ({
  ...connection.headers,
  'tus-resumable': '1.0.0',
  'x-upsert': String(upsert),
});

const encodeMetadata = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

/**
 * Begins an upload without sending a byte of it: the cheapest true answer to whether Storage would take the file.
 *
 * @throws {MediaError} what Storage refuses: size, type, path, key, a duplicate.
 */
export async function createUpload(options: CreateUploadOptions): Promise<CreatedUpload> {
  const answer = await options.connection.transport.send({
    method: 'POST',
    url: `${options.connection.storageUrl}/upload/resumable`,
    headers: {
      ...headersOf(options),
      'upload-length': String(options.size),
      'upload-metadata': encodeMetadata({
        bucketName: options.bucket,
        objectName: options.path,
        contentType: options.contentType,
        cacheControl: '3600',
        metadata: JSON.stringify(options.metadata),
      }),
    },
    timeouts: METADATA_TIMEOUTS,
    signal: options.signal,
    action: options.action,
  });
  if (answer.status !== 201) throw classifyTus(answer, options.action, 'create');
  const location = String(answer.headers.location ?? '');
  const id = /([^/]+)\/?$/.exec(location)?.[1];
  if (id === undefined)
    throw new MediaError({
      code: 'storage_failed',
      message: `${options.action}: Storage accepted the upload but did not say where it stands.`,
    });
  const expires = Date.parse(String(answer.headers['upload-expires'] ?? ''));
  return {
    // Rebased: behind proxies, and in production mode over plain HTTP, Storage names addresses that are not its own.
    url: `${options.connection.storageUrl}/upload/resumable/${id}`,
    expiresAt: Number.isNaN(expires) ? Date.now() + LIFE_MS : expires,
  };
}

/**
 * Asks how much of an upload Storage has. Never while a PATCH of it runs: Storage would end that one.
 *
 * @returns bytes.
 * @throws {MediaError} `upload_expired` when Storage knows the upload no more, `upload_locked`.
 */
export async function readOffset(request: TusRequest, url: string): Promise<{ offset: number; size: number }> {
  const answer = await request.connection.transport.send({
    method: 'HEAD',
    url,
    headers: headersOf(request),
    timeouts: METADATA_TIMEOUTS,
    signal: request.signal,
    action: request.action,
  });
  const offset = Number(answer.headers['upload-offset']);
  if (answer.status < 200 || answer.status > 299 || !Number.isSafeInteger(offset))
    throw classifyTus(answer, request.action, 'head');
  return { offset, size: Number(answer.headers['upload-length']) };
}

export interface AppendOptions extends TusRequest {
  readonly url: string;
  readonly offset: number;
  readonly body: SizedBody;
  readonly timeouts: TransportTimeouts;
  /** Of the whole file, in bytes: after the last byte Storage finishes all of it. */
  readonly size: number;
  readonly onSent: (bytes: number) => void;
}

/**
 * Sends bytes from an offset on.
 *
 * @returns how much Storage has now; less than was sent when something else asked for the upload meanwhile.
 * @throws {MediaError} `edge_too_large` for a body that a proxy refused, `upload_conflict`, `upload_expired`,
 * `upload_locked`, and what the transport throws.
 */
export async function appendBytes(options: AppendOptions): Promise<number> {
  const answer = await options.connection.transport.send({
    method: 'PATCH',
    url: options.url,
    headers: {
      ...headersOf(options),
      'upload-offset': String(options.offset),
      'content-type': 'application/offset+octet-stream',
    },
    body: options.body,
    timeouts: options.timeouts,
    finishBytes: options.offset + options.body.bytes >= options.size ? options.size : undefined,
    signal: options.signal,
    action: options.action,
    onSent: options.onSent,
  });
  const offset = Number(answer.headers['upload-offset']);
  if (answer.status !== 204 || !Number.isSafeInteger(offset)) throw classifyTus(answer, options.action, 'append');
  return offset;
}

/** Gives an unfinished upload up. Best effort: what cannot be ended expires. */
export async function terminateUpload(request: TusRequest, url: string): Promise<void> {
  await request.connection.transport
    .send({ method: 'DELETE', url, headers: headersOf(request), timeouts: METADATA_TIMEOUTS, action: request.action })
    .catch(() => {});
}

type TusStep = 'create' | 'head' | 'append';

const isDuplicate = (answer: StorageAnswer): boolean => /already exists/i.test(answer.body);

/** TUS answers carry real statuses; what one means depends on what was asked. Undefined: as any answer of Storage. */
function decideTus(answer: StorageAnswer, step: TusStep): ErrorCode | undefined {
  switch (answer.status) {
    case 404:
    case 410:
      return step === 'create' ? undefined : 'upload_expired';
    case 409:
      return step === 'create' || isDuplicate(answer) ? 'object_exists' : 'upload_conflict';
    case 413:
      // A creation has no body that an edge could refuse, and a chunk is no larger than what was created.
      return step === 'create' ? 'object_too_large' : 'edge_too_large';
    case 423:
      return 'upload_locked';
    default:
      return undefined;
  }
}

/** Words of Storage that come as plain text with a real status, where REST would send JSON. */
const BUCKET_MISSING = /bucket not found/i;

/**
 * A proxy's 404 while Storage is being replaced says nothing about the upload: taken for Storage's, it would cost the
 * place of one that is nearly done, or the whole upload.
 */
function classifyTus(answer: StorageAnswer, action: string, step: TusStep): MediaError {
  if (!isTusAnswer(answer)) return classifyAnswer(answer, { action, now: Date.now() });
  const asStorage = classifyAnswer(asJson(answer), { action, now: Date.now() });
  const code = decideTus(answer, step);
  if (code === undefined) return asStorage;
  const said = answer.body
    .replace(/<[^>]*>/g, ' ')
    .trim()
    .slice(0, 200);
  const retryAfterMs = parseRetryAfter(String(answer.headers['retry-after'] ?? '') || undefined, Date.now());
  return new MediaError({
    code,
    message: `${action}: ${answer.status}${said === '' ? '' : `, "${said}"`} in answer to ${step === 'head' ? 'a question for the offset' : step}.`,
    details: { httpStatus: answer.status, retryAfterMs },
  });
}

/** A plain text answer with a status that only Storage gives, in the shape that `classifyAnswer` reads. */
function asJson(answer: StorageAnswer): StorageAnswer {
  const isPlain = !answer.body.trimStart().startsWith('<') && !answer.body.trimStart().startsWith('{');
  if (!isPlain || answer.status >= 500 || answer.status === 429) return answer;
  const code = BUCKET_MISSING.test(answer.body)
    ? 'NoSuchBucket'
    : /invalid key/i.test(answer.body)
      ? 'InvalidKey'
      : undefined;
  return { ...answer, body: JSON.stringify({ statusCode: String(answer.status), message: answer.body.trim(), code }) };
}
