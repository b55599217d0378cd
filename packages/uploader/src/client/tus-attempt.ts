/**
 * One attempt at a resumable upload, by tus-js-client: make it or ask where it stands, then PATCH after PATCH until the
 * last byte or the first failure. What follows one is decided by `transfer-state.ts`.
 */

import type { Asked } from '@supabase-media/upload-protocol/classify-answer';
import type { Failure } from '@supabase-media/upload-protocol/decide-next-step';
import { parseByteCount, uploadIdOf } from '@supabase-media/upload-protocol/tus';
import { DetailedError, type HttpRequest, type HttpResponse, Upload } from 'tus-js-client';
import { AttemptError, failureOf, failureOfAnswer } from './failure.ts';
import type { Transport, TransportAnswer } from './transport.ts';
import { createTusHttpStack } from './tus-http-stack.ts';
import type { UploadSource } from './upload-source.ts';

export interface TusAttemptOptions {
  readonly transport: Transport;
  /** How long no byte may move, in milliseconds. */
  readonly stallMs: number;
  readonly source: UploadSource;
  /** Where uploads are made; theirs are its children. */
  readonly endpoint: string;
  /** undefined: make one. */
  readonly uploadId: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** Asked before every request: tokens run out. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** In bytes; asked before every PATCH. */
  readonly chunkBytes: () => number;
  /** What PATCH answers have acknowledged so far, in bytes: Storage cannot honestly say less. */
  readonly acknowledgedBytes: number;
  readonly onUploadId: (id: string) => void;
  /** Storage says where the upload stands, before the first PATCH. */
  readonly onBegin: (offset: number) => void;
  readonly onSent: (position: number) => void;
  /** A PATCH was acknowledged. */
  readonly onChunk: (chunk: { readonly offset: number; readonly bytes: number; readonly ms: number }) => void;
  readonly signal: AbortSignal;
}

/** @throws {AttemptError} with the {@link Failure}; the signal's reason when it ended the attempt. */
export function runTusAttempt(options: TusAttemptOptions): Promise<void> {
  const { source, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let chunkStartedAt = 0;
    let chunkBytes = 0;
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', stop);
      act();
    };
    const fail = (failure: Failure): void => {
      void upload.abort();
      settle(() => reject(new AttemptError(failure)));
    };
    const stop = (): void => {
      void upload.abort();
      settle(() => reject(signal.reason));
    };
    const upload: Upload = new Upload(source as unknown as Blob, {
      endpoint: options.uploadId === undefined ? options.endpoint : null,
      uploadUrl: options.uploadId === undefined ? null : `${options.endpoint}/${options.uploadId}`,
      metadata: { ...options.metadata },
      uploadSize: source.size,
      chunkSize: options.chunkBytes(),
      retryDelays: null,
      storeFingerprintForResuming: false,
      fingerprint: async () => '',
      fileReader: { openFile: async () => viewOf(source, (bytes) => (chunkBytes = bytes)) },
      httpStack: createTusHttpStack({ ...options, fileBytes: source.size }),
      onBeforeRequest: async (request) => {
        for (const [name, value] of Object.entries(await options.headers())) request.setHeader(name, value);
        chunkStartedAt = performance.now();
      },
      onAfterResponse: (request, response) => {
        const distrust = checkOffset(request, response, options.acknowledgedBytes);
        if (distrust !== undefined) throw new AttemptError(distrust);
        if (request.getMethod() === 'HEAD' && response.getStatus() < 300) options.onBegin(offsetOf(response) ?? 0);
      },
      onUploadUrlAvailable: () => options.onUploadId(uploadIdOf(upload.url ?? '')),
      onProgress: (position) => options.onSent(position),
      onChunkComplete: (bytes, offset) => {
        if (bytes <= 0) return fail(untrusted('append', 'Storage acknowledged a part without taking any of it.'));
        options.onChunk({ offset, bytes, ms: performance.now() - chunkStartedAt });
        upload.options.chunkSize = options.chunkBytes();
      },
      onSuccess: () => settle(resolve),
      onError: (error) => settle(() => reject(signal.aborted ? signal.reason : attemptErrorOf(error, chunkBytes))),
    });
    signal.addEventListener('abort', stop, { once: true });
    upload.start();
  });
}

/** How tus-js-client reads a file: slices that are views, so that nothing is in memory but what is being sent. */
function viewOf(source: UploadSource, onSlice: (bytes: number) => void) {
  return {
    size: source.size,
    slice: async (start: number, end: number) => {
      const value = source.slice(start, end);
      onSlice(value.size);
      return { value, done: end >= source.size };
    },
    close: () => {},
  };
}

/**
 * Seen on an S3-compatible store after a cut: an offset below what a PATCH had acknowledged, and an object that ended
 * up too short when it was believed.
 */
function checkOffset(request: HttpRequest, response: HttpResponse, acknowledgedBytes: number): Failure | undefined {
  if (request.getMethod() !== 'HEAD' || response.getStatus() >= 300) return undefined;
  const offset = offsetOf(response);
  if (offset === undefined || offset >= acknowledgedBytes) return undefined;
  return untrusted('offset', `Storage says it has ${offset} bytes after it acknowledged ${acknowledgedBytes}.`);
}

const offsetOf = (response: HttpResponse): number | undefined => parseByteCount(response.getHeader('Upload-Offset'));

const untrusted = (asked: Asked, message: string): Failure => ({
  fault: 'upload_untrusted',
  asked,
  bodyBytes: 0,
  message,
});

const ASKED: Readonly<Record<string, Asked>> = { POST: 'create', HEAD: 'offset', PATCH: 'append' };

function attemptErrorOf(error: Error | DetailedError, chunkBytes: number): AttemptError {
  if (!(error instanceof DetailedError)) return new AttemptError(failureOf(error));
  const asked = ASKED[error.originalRequest?.getMethod() ?? 'PATCH'] ?? 'append';
  const request = { asked, bodyBytes: asked === 'append' ? chunkBytes : 0 };
  const cause: unknown = error.causingError;
  if (cause !== null && cause !== undefined) return new AttemptError(failureOf(cause, request));
  const answer = error.originalResponse?.getUnderlyingObject() as TransportAnswer | undefined;
  if (answer === undefined) return new AttemptError(failureOf(error, request));
  // A success that could not be used: an answer without the headers that TUS demands, so a gateway wrote it.
  if (answer.status < 300)
    return new AttemptError({ ...request, fault: 'upload_interrupted', message: error.message, cause: error });
  return new AttemptError(failureOfAnswer(answer, request));
}
