/**
 * Reads an object as a stream. A connection that breaks is resumed where it broke, as long as Storage still holds the
 * same version; of another version the reading begins again.
 */
import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { type RetryNotice, retry } from '@supabase-media/core/retry';
import { bareEtag } from '@supabase-media/upload-protocol/multipart-etag';
import { headerOf, toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import type { ObjectAddress } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { readAnswer } from './read-answer.ts';
import type { StreamedAnswer, TransportTimeouts } from './transport.ts';

export interface ReadObjectOptions extends ObjectAddress {
  readonly connection: StorageConnection;
  readonly timeouts: TransportTimeouts;
  readonly maxRetries: number;
  readonly signal?: AbortSignal | undefined;
  /** Makes the address one that no cache has an earlier version of; supabase-js calls it so too. */
  readonly cacheNonce?: string | undefined;
  /** As in "Downloading project-videos/a.mp4", for messages. */
  readonly action: string;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Failures that reading on would not mend. */
  readonly isFinal?: ((error: MediaError) => boolean) | undefined;
}

/** Who takes the bytes. What it throws ends the attempt. */
export interface ObjectSink {
  /** Told the object's size in bytes, before its first byte. */
  readonly begin: (size: number) => Promise<void> | void;
  /** Takes the next bytes; they count as received once it returns. */
  readonly write: (chunk: Uint8Array, position: number) => Promise<void> | void;
  /** What was taken is of another version: `begin` follows. */
  readonly restart: () => Promise<void> | void;
  /** Told when the last byte was taken, before the object counts as read. */
  readonly end?: (() => Promise<void>) | undefined;
}

/** What is known of the object so far, over all attempts. */
interface ReadState {
  received: number;
  /** The most that was ever received; what is received falls when the object is read from the start again. */
  furthest: number;
  size: number | undefined;
  etag: string | undefined;
}

/**
 * Reads one object to its end.
 *
 * @returns its size in bytes, and the ETag of the version that was read, without quotes.
 * @throws {MediaError} `object_missing`, `bucket_missing`, `download_failed`, what Storage refused or the sink throws.
 */
export async function readObject(
  options: ReadObjectOptions,
  sink: ObjectSink,
): Promise<{ size: number; etag: string | undefined }> {
  const state: ReadState = { received: 0, furthest: 0, size: undefined, etag: undefined };
  await retry(() => continueReading(options, sink, state), {
    retries: options.maxRetries,
    signal: options.signal,
    onRetry: options.onRetry,
    hasProgressed: progressOf(state),
    isFinal: options.isFinal,
  });
  return { size: state.received, etag: state.etag === undefined ? undefined : bareEtag(state.etag) };
}

/** Whether more of the object came than at the last look: one request may be too short for all of it. */
function progressOf(state: ReadState): () => boolean {
  let before = 0;
  return () => {
    const hasProgressed = state.furthest > before;
    before = state.furthest;
    return hasProgressed;
  };
}

async function continueReading(options: ReadObjectOptions, sink: ObjectSink, state: ReadState): Promise<void> {
  const { connection, bucket, path, cacheNonce, action } = options;
  // Broken off behind the last byte: a range from there on is refused, on S3 as 500.
  if (state.size !== undefined && state.received === state.size) return sink.end?.();
  const query = cacheNonce === undefined ? '' : `?cacheNonce=${encodeURIComponent(cacheNonce)}`;
  const range = state.received > 0 ? { range: `bytes=${state.received}-` } : undefined;
  try {
    await connection.transport.receive(
      {
        method: 'GET',
        url: `${connection.storageUrl}/object/authenticated/${encodeObjectPath(bucket, path)}${query}`,
        headers: { ...connection.headers, ...range },
        timeouts: options.timeouts,
        signal: options.signal,
        action,
      },
      async (answer) => {
        await assertWanted(answer, action);
        if (answer.status === 206 && !isSameObject(answer, state)) await startOver(sink, state);
        if (answer.status === 200 && state.received > 0) await reset(sink, state);
        state.etag = headerOf(answer, 'etag');
        if (state.size === undefined) {
          const size = sizeOf(answer);
          await sink.begin(size);
          state.size = size;
        }
        await takeBody(answer, sink, state);
        if (state.received === state.size) await sink.end?.();
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

function sizeOf(answer: StreamedAnswer): number {
  const size = Number(headerOf(answer, 'content-length'));
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new MediaError({ code: 'download_failed', message: 'Storage did not say how large the object is.' });
}

const isSameObject = (answer: StreamedAnswer, state: ReadState): boolean =>
  headerOf(answer, 'etag') === state.etag &&
  headerOf(answer, 'content-range') === `bytes ${state.received}-${Number(state.size) - 1}/${state.size}`;

async function reset(sink: ObjectSink, state: ReadState): Promise<void> {
  await sink.restart();
  Object.assign(state, { received: 0, size: undefined, etag: undefined });
}

/** Forgets what was received of another version; the next attempt begins at the first byte. */
async function startOver(sink: ObjectSink, state: ReadState): Promise<never> {
  const { received } = state;
  await reset(sink, state);
  throw new MediaError({
    code: 'download_changed',
    message: `The object changed after ${received} bytes of it had arrived.`,
  });
}

async function takeBody(answer: StreamedAnswer, sink: ObjectSink, state: ReadState): Promise<void> {
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    await sink.write(chunk, state.received);
    state.received += chunk.length;
    state.furthest = Math.max(state.furthest, state.received);
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
