/** The requests of TUS as Storage answers them. What the words and answers mean is decided by `upload-protocol`. */
import { MediaError } from '@supabase-media/core/errors';
import type { Asked } from '@supabase-media/upload-protocol/classify-answer';
import {
  encodeUploadMetadata,
  parseByteCount,
  readRemainingLife,
  TUS_BODY_TYPE,
  TUS_HEADERS,
  TUS_VERSION,
  uploadIdOf,
} from '@supabase-media/upload-protocol/tus';
import { headerOf, toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { METADATA_TIMEOUTS } from './timeouts.ts';
import type { SizedBody, TransportTimeouts } from './transport.ts';

/** What every request of one upload needs. */
export interface TusRequest {
  readonly connection: StorageConnection;
  readonly upsert: boolean;
  readonly signal: AbortSignal | undefined;
  readonly action: string;
  /** Of a request that carries no file; a minute each unless told. */
  readonly timeouts?: TransportTimeouts;
}

export interface CreateUploadOptions extends TusRequest {
  readonly bucket: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly contentType: string;
  /** Kept with the object. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An upload that Storage has begun. */
export interface CreatedUpload {
  readonly url: string;
  /** The last segment of its address. */
  readonly id: string;
  /** As Storage wrote it. */
  readonly location: string;
  /** For how long Storage keeps it, in milliseconds; undefined where it does not say. */
  readonly lifeMs: number | undefined;
}

/** Where uploads are created; theirs are its children. */
export const resumableUrl = (connection: StorageConnection, id?: string): string =>
  `${connection.storageUrl}/upload/resumable${id === undefined ? '' : `/${id}`}`;

/** x-upsert belongs on every request: an upload begun with it and continued without is refused as a duplicate. */
const headersOf = ({ connection, upsert }: Pick<TusRequest, 'connection' | 'upsert'>): Record<string, string> => ({
  ...connection.headers,
  [TUS_HEADERS.version]: TUS_VERSION,
  'x-upsert': String(upsert),
});

/** What the requests without a file share. */
const common = (request: TusRequest) => ({
  timeouts: request.timeouts ?? METADATA_TIMEOUTS,
  signal: request.signal,
  action: request.action,
});

/**
 * Begins an upload without sending a byte of it: the cheapest true answer to whether Storage would take the file.
 *
 * @throws {MediaError} what Storage refuses: size, type, path, key, a duplicate.
 */
export async function createUpload(options: CreateUploadOptions): Promise<CreatedUpload> {
  const answer = await options.connection.transport.send({
    ...common(options),
    method: 'POST',
    url: resumableUrl(options.connection),
    headers: {
      ...headersOf(options),
      [TUS_HEADERS.length]: String(options.size),
      [TUS_HEADERS.metadata]: encodeUploadMetadata({
        bucketName: options.bucket,
        objectName: options.path,
        contentType: options.contentType,
        cacheControl: '3600',
        metadata: JSON.stringify(options.metadata),
      }),
    },
  });
  if (answer.status !== 201) throw toAnswerError(answer, { action: options.action, asked: 'create' });
  const location = headerOf(answer, 'location') ?? '';
  const id = uploadIdOf(location);
  if (id === '')
    throw new MediaError({
      code: 'storage_failed',
      message: `${options.action}: Storage accepted the upload but did not name its address.`,
      details: { httpStatus: 201 },
    });
  return { url: resumableUrl(options.connection, id), id, location, lifeMs: lifeOf(answer) };
}

const lifeOf = (answer: Parameters<typeof toAnswerError>[0]): number | undefined =>
  readRemainingLife((name) => headerOf(answer, name), Date.now());

/**
 * Asks how much of an upload Storage has. Never while a PATCH of it runs: Storage would end that one.
 *
 * @returns bytes.
 * @throws {MediaError} `upload_expired` when Storage no longer knows the upload, `upload_locked`.
 */
export async function readOffset(request: TusRequest, url: string): Promise<{ offset: number; size: number }> {
  const answer = await request.connection.transport.send({
    ...common(request),
    method: 'HEAD',
    url,
    headers: headersOf(request),
  });
  const offset = offsetOf(answer, request.action, 'offset');
  return { offset, size: parseByteCount(headerOf(answer, TUS_HEADERS.length)) ?? Number.NaN };
}

export interface AppendOptions extends TusRequest {
  readonly url: string;
  readonly offset: number;
  readonly body: SizedBody;
  readonly timeouts: TransportTimeouts;
  /** Of the whole file, in bytes: after the last byte Storage finishes all of it. */
  readonly size: number;
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/**
 * Sends bytes from an offset on.
 *
 * @returns how much Storage has now, in bytes: less than was sent when something else asked for the upload meanwhile; and
 * for how long it keeps the upload, in milliseconds, where it says so.
 * @throws {MediaError} `edge_too_large` for a body that a proxy refused, `upload_conflict`, `upload_expired`,
 * `upload_locked`, and what the transport throws.
 */
export async function appendBytes(
  options: AppendOptions,
): Promise<{ readonly offset: number; readonly lifeMs: number | undefined }> {
  const answer = await options.connection.transport.send({
    ...common(options),
    method: 'PATCH',
    url: options.url,
    headers: {
      ...headersOf(options),
      [TUS_HEADERS.offset]: String(options.offset),
      'content-type': TUS_BODY_TYPE,
    },
    body: options.body,
    finishBytes: options.offset + options.body.bytes >= options.size ? options.size : undefined,
    onSent: options.onSent,
  });
  return { offset: offsetOf(answer, options.action, 'append'), lifeMs: lifeOf(answer) };
}

/** Storage's offset, in bytes; an answer of success without one is none of Storage. */
function offsetOf(answer: Parameters<typeof toAnswerError>[0], action: string, asked: Asked): number {
  const offset = parseByteCount(headerOf(answer, TUS_HEADERS.offset));
  if (answer.status < 200 || answer.status > 299 || offset === undefined)
    throw toAnswerError(answer, { action, asked });
  return offset;
}

/**
 * Ends an unfinished upload.
 *
 * @throws {MediaError} unless it is gone afterwards, or was finished.
 */
export async function terminateUpload(request: TusRequest, url: string): Promise<void> {
  const answer = await request.connection.transport.send({
    ...common(request),
    method: 'DELETE',
    url,
    headers: headersOf(request),
  });
  // 404 and 410: gone already. 409 on Storage 1.11.2: a finished upload has become an object and cannot be ended; the
  // TUS server itself says that as 400, in words.
  if ([204, 404, 409, 410].includes(answer.status) || /already completed/i.test(answer.body)) return;
  throw toAnswerError(answer, { action: request.action, asked: 'offset' });
}

/**
 * Asks for the largest file that a project takes: TUS servers say so in answer to OPTIONS (Tus-Max-Size, TUS 1.0.0), and
 * Storage names its global limit.
 *
 * @returns bytes; undefined where it does not say.
 */
export async function readProjectLimit(request: Omit<TusRequest, 'upsert'>): Promise<number | undefined> {
  const { connection } = request;
  const answer = await connection.transport.send({
    ...common({ ...request, upsert: false }),
    method: 'OPTIONS',
    url: resumableUrl(connection),
    headers: { ...connection.headers, [TUS_HEADERS.version]: TUS_VERSION },
  });
  return parseByteCount(headerOf(answer, TUS_HEADERS.maxSize)) || undefined;
}
