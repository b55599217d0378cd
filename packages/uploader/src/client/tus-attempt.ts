/**
 * One attempt at a resumable upload: create it or ask for its offset, then PATCH after PATCH until the last byte or the
 * first failure. What follows a failure is decided by `transfer-state.ts`, what TUS means by `upload-protocol`.
 */
import type { Asked } from '@supabase-media/upload-protocol/classify-answer';
import {
  encodeUploadMetadata,
  parseByteCount,
  TUS_BODY_TYPE,
  TUS_HEADERS,
  TUS_VERSION,
  type TusMetadata,
  uploadIdOf,
} from '@supabase-media/upload-protocol/tus';
import { AttemptError, failureOf, failureOfAnswer } from './failure.ts';
import {
  lastPartTimeouts,
  METADATA_TIMEOUTS,
  partTimeouts,
  sendWithTimeouts,
  type Transport,
  type TransportAnswer,
} from './transport.ts';
import type { UploadSource } from './upload-source.ts';

export interface TusAttemptOptions {
  readonly transport: Transport;
  /** How long no byte may move, in milliseconds. */
  readonly stallMs: number;
  readonly source: UploadSource;
  /** Where uploads are created; theirs are its children. */
  readonly endpoint: string;
  /** undefined: create one. */
  readonly uploadId: string | undefined;
  readonly metadata: TusMetadata;
  /** Asked before every request: tokens run out. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** In bytes; asked before every PATCH. */
  readonly chunkBytes: () => number;
  /** What PATCH answers have acknowledged so far, in bytes: Storage cannot honestly say less. */
  readonly acknowledgedBytes: number;
  readonly onUploadId: (id: string) => void;
  /** Storage says how much it has, before the first PATCH. */
  readonly onBegin: (offset: number) => void;
  readonly onSent: (position: number) => void;
  /** A PATCH was acknowledged. */
  readonly onChunk: (chunk: { readonly offset: number; readonly bytes: number; readonly ms: number }) => void;
  readonly signal: AbortSignal;
}

/** @throws {AttemptError} with the failure; {UploadError} of the API; the signal's reason when it ended the attempt. */
export async function runTusAttempt(options: TusAttemptOptions): Promise<void> {
  const { source } = options;
  const id = options.uploadId ?? (await create(options));
  let offset = options.uploadId === undefined ? 0 : await locate(options, id);
  while (offset < source.size) offset = await append(options, id, offset);
}

async function create(options: TusAttemptOptions): Promise<string> {
  const answer = await send(options, 'create', {
    method: 'POST',
    url: options.endpoint,
    headers: {
      [TUS_HEADERS.length]: String(options.source.size),
      [TUS_HEADERS.metadata]: encodeUploadMetadata(options.metadata),
    },
  });
  const id = uploadIdOf(answer.header('location') ?? '');
  if (id === '') throw unusable('create', 0, 'The upload was created, but without an address.');
  options.onUploadId(id);
  return id;
}

async function locate(options: TusAttemptOptions, id: string): Promise<number> {
  const { acknowledgedBytes } = options;
  const answer = await send(options, 'offset', { method: 'HEAD', url: `${options.endpoint}/${id}`, headers: {} });
  const offset = offsetOf(answer, 'offset', 0);
  // Seen on an S3-compatible store after a cut; the object that followed was too short when it was believed.
  if (offset < acknowledgedBytes)
    throw untrusted('offset', `Storage says it has ${offset} bytes after it acknowledged ${acknowledgedBytes}.`);
  options.onBegin(offset);
  return offset;
}

async function append(options: TusAttemptOptions, id: string, start: number): Promise<number> {
  const { source } = options;
  // A view: nothing is in memory but what is being sent.
  const body = source.slice(start, Math.min(start + options.chunkBytes(), source.size));
  let startedAt = performance.now();
  const answer = await send(options, 'append', {
    method: 'PATCH',
    url: `${options.endpoint}/${id}`,
    headers: { [TUS_HEADERS.offset]: String(start), 'content-type': TUS_BODY_TYPE },
    body,
    start,
    onStart: () => {
      startedAt = performance.now();
    },
  });
  const offset = offsetOf(answer, 'append', body.size);
  const bytes = offset - start;
  if (bytes <= 0) throw untrusted('append', 'Storage acknowledged a part without taking any of it.');
  options.onChunk({ offset, bytes, ms: performance.now() - startedAt });
  return offset;
}

interface TusRequest {
  readonly method: 'POST' | 'HEAD' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Blob;
  /** Where in the file the body begins, in bytes. */
  readonly start?: number;
  readonly onStart?: () => void;
}

async function send(options: TusAttemptOptions, asked: Asked, request: TusRequest): Promise<TransportAnswer> {
  const { signal, source, stallMs } = options;
  const { method, url, body, start = 0 } = request;
  const failing = { asked, bodyBytes: body?.size ?? 0 };
  const headers = { [TUS_HEADERS.version]: TUS_VERSION, ...request.headers, ...(await options.headers()) };
  signal.throwIfAborted();
  const isLast = body !== undefined && start + body.size >= source.size;
  const timeouts =
    body === undefined ? METADATA_TIMEOUTS : isLast ? lastPartTimeouts(source.size, stallMs) : partTimeouts(stallMs);
  request.onStart?.();
  const answer = await sendWithTimeouts(
    options.transport,
    { method, url, headers, body, signal, onSent: (sent) => options.onSent(start + sent) },
    timeouts,
  ).catch((cause: unknown) => {
    throw signal.aborted ? signal.reason : new AttemptError(failureOf(cause, failing));
  });
  if (answer.status < 200 || answer.status > 299) throw new AttemptError(failureOfAnswer(answer, failing));
  return answer;
}

function offsetOf(answer: TransportAnswer, asked: Asked, bodyBytes: number): number {
  const offset = parseByteCount(answer.header(TUS_HEADERS.offset));
  if (offset === undefined) throw unusable(asked, bodyBytes, 'A success came without an offset.');
  return offset;
}

/** A success that could not be used: an answer without the headers that TUS demands, so a gateway wrote it. */
const unusable = (asked: Asked, bodyBytes: number, message: string): AttemptError =>
  new AttemptError({ fault: 'upload_interrupted', asked, bodyBytes, message });

const untrusted = (asked: Asked, message: string): AttemptError =>
  new AttemptError({ fault: 'upload_untrusted', asked, bodyBytes: 0, message });
