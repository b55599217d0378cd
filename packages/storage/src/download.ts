/**
 * Brings an object to a file: streamed, its SHA-256 taken while it is written, its size checked. A connection that
 * breaks is resumed where it broke, as long as Storage still holds the same version.
 */
import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { type RetryNotice, retry } from '@supabase-media/core/retry';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import type { ObjectAddress } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { readAnswer } from './read-answer.ts';
import type { StreamedAnswer, TransportTimeouts } from './transport.ts';

export interface DownloadFileOptions extends ObjectAddress {
  readonly connection: StorageConnection;
  /** Where the object goes; written as `{file}.partial` until it is whole. */
  readonly file: string;
  readonly timeouts: TransportTimeouts;
  readonly maxRetries: number;
  readonly signal?: AbortSignal | undefined;
  /** Told the object's size in bytes before the first byte is written; what it throws ends the download. */
  readonly onSize?: (bytes: number) => Promise<void> | void;
  readonly onProgress?: (receivedBytes: number, size: number) => void;
  readonly onRetry?: (notice: RetryNotice) => void;
}

export interface DownloadResult {
  /** In bytes. */
  readonly size: number;
  /** Of the content, 64 hex digits. */
  readonly sha256: string;
  /** Of the version that was read, without quotes. */
  readonly etag: string | undefined;
  readonly seconds: number;
}

/** What is known of the object so far, over all attempts. */
interface DownloadState {
  received: number;
  /** The most that was ever received; what is received falls when the object is read from the start again. */
  furthest: number;
  size: number | undefined;
  etag: string | undefined;
  hash: Hash;
}

/**
 * Downloads one object.
 *
 * @throws {MediaError} `object_missing`, `bucket_missing`, `disk_full`, `download_failed`, or what Storage refused.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<DownloadResult> {
  const partial = `${options.file}.partial`;
  const started = performance.now();
  const state: DownloadState = {
    received: 0,
    furthest: 0,
    size: undefined,
    etag: undefined,
    hash: createHash('sha256'),
  };
  await writeFile(partial, '');
  try {
    await retry(() => continueDownload(options, partial, state), {
      retries: options.maxRetries,
      signal: options.signal,
      onRetry: options.onRetry,
      hasProgressed: progressOf(state),
      // A full disk is not emptied in seconds: the job comes back to it later.
      isFinal: (error) => error.code === 'disk_full',
    });
    await rename(partial, options.file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  const seconds = (performance.now() - started) / 1000;
  return { size: state.received, sha256: state.hash.digest('hex'), etag: bareEtag(state.etag), seconds };
}

/** A gateway that touches an answer marks its ETag as weak: `W/"…"`. */
const bareEtag = (etag: string | undefined): string | undefined => etag?.replace(/^W\//, '').replaceAll('"', '');

/** Whether more of the object came than at the last look: one request may be too short for all of it. */
function progressOf(state: DownloadState): () => boolean {
  let before = 0;
  return () => {
    const hasProgressed = state.furthest > before;
    before = state.furthest;
    return hasProgressed;
  };
}

async function continueDownload(options: DownloadFileOptions, partial: string, state: DownloadState) {
  const { connection, bucket, path } = options;
  const action = `Downloading ${bucket}/${path}`;
  const range = state.received > 0 ? { range: `bytes=${state.received}-` } : undefined;
  try {
    await connection.transport.receive(
      {
        method: 'GET',
        url: `${connection.storageUrl}/object/authenticated/${encodeObjectPath(bucket, path)}`,
        headers: { ...connection.headers, ...range },
        timeouts: options.timeouts,
        signal: options.signal,
        action,
      },
      async (answer) => {
        await assertWanted(answer, action);
        if (answer.status === 206 && !isSameObject(answer, state)) await startOver(partial, state);
        if (answer.status === 200 && state.received > 0) await resetState(partial, state);
        state.etag = headerOf(answer, 'etag');
        if (state.size === undefined) {
          const size = sizeOf(answer);
          await options.onSize?.(size);
          state.size = size;
        }
        await writeBody(answer, partial, state, options);
      },
    );
  } catch (error) {
    throw asDownloadError(error);
  }
  if (state.received !== state.size)
    throw new MediaError({
      code: 'download_failed',
      message: `${action}: ${state.received} of ${state.size} bytes arrived.`,
    });
}

async function assertWanted(answer: StreamedAnswer, action: string): Promise<void> {
  if (answer.status === 200 || answer.status === 206) return;
  throw toAnswerError(await readAnswer({ ...answer, action }), { action });
}

function headerOf(answer: StreamedAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function sizeOf(answer: StreamedAnswer): number {
  const size = Number(headerOf(answer, 'content-length'));
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new MediaError({ code: 'download_failed', message: 'Storage did not say how large the object is.' });
}

const isSameObject = (answer: StreamedAnswer, state: DownloadState): boolean =>
  headerOf(answer, 'etag') === state.etag &&
  headerOf(answer, 'content-range') === `bytes ${state.received}-${Number(state.size) - 1}/${state.size}`;

async function resetState(partial: string, state: DownloadState): Promise<void> {
  await truncate(partial, 0);
  Object.assign(state, { received: 0, size: undefined, etag: undefined, hash: createHash('sha256') });
}

/** Forgets what was received of another version; the next attempt begins at the first byte. */
async function startOver(partial: string, state: DownloadState): Promise<never> {
  const received = state.received;
  await resetState(partial, state);
  throw new MediaError({
    code: 'download_changed',
    message: `The object changed after ${received} bytes of it had arrived.`,
  });
}

/** Counts and digests a chunk only once it is in the file, so that a broken connection leaves all three in step. */
async function writeBody(
  answer: StreamedAnswer,
  partial: string,
  state: DownloadState,
  options: DownloadFileOptions,
): Promise<void> {
  const file = await open(partial, 'r+');
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      await file.write(chunk, 0, chunk.length, state.received);
      state.hash.update(chunk);
      state.received += chunk.length;
      state.furthest = Math.max(state.furthest, state.received);
      options.onProgress?.(state.received, state.size ?? 0);
    }
  } finally {
    await file.close();
  }
}

/** The transport speaks of uploads; here the same failures mean that reading broke, or that there was nobody to ask. */
const AS_DOWNLOAD: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  gateway_failed: 'download_failed',
  upload_connect_timeout: 'storage_unreachable',
  upload_interrupted: 'download_failed',
  upload_stalled: 'download_failed',
  upload_timeout: 'download_failed',
};

function asDownloadError(error: unknown): unknown {
  const code = error instanceof MediaError ? AS_DOWNLOAD[error.code] : undefined;
  if (!(error instanceof MediaError) || code === undefined) return error;
  return new MediaError({ code, message: error.message, details: error.details, cause: error });
}
