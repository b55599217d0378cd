/**
 * Counts relayed requests as uploads of the route `relay`: each request with a body is one, because another process may
 * handle the next request of the same file. A file sent in ten chunks counts as ten small uploads.
 */
import type { ErrorCode } from '@supabase-media/core/errors';
import type { Metrics } from '@supabase-media/service/metrics';
import { classifyStorageAnswer } from '@supabase-media/storage/answer-error';
import { parseByteCount } from '@supabase-media/upload-protocol/tus';
import { ApiError } from '../api-error.ts';

/** The result of a relayed request. */
export interface RelayedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Of the client's body, in bytes. */
  readonly passedBytes: number;
}

/**
 * The error code of a request that Storage responded to; undefined if it accepted the whole body.
 *
 * @param offset where the body began, in bytes.
 */
export function judgeAnswer(answer: RelayedAnswer, offset: number): ErrorCode | undefined {
  const { status, headers, text, passedBytes } = answer;
  if (status > 299) return classifyStorageAnswer({ status, headers, body: text }, 'append').fault;
  const reached = parseByteCount(headers['upload-offset']) ?? Number.NaN;
  // Another connection requested the offset meanwhile, and Storage ended this request early.
  return reached < offset + passedBytes ? 'upload_interrupted' : undefined;
}

/** The error code of a request without a response. A client that disconnected or a stopping server is not a failure. */
export function judgeFailure(error: unknown, isTold: boolean): ErrorCode {
  if (isTold) return 'aborted';
  const code = error instanceof ApiError ? error.code : undefined;
  if (code === 'relay_too_slow') return 'upload_stalled';
  return code === 'relay_refused' ? 'invalid_argument' : 'storage_unreachable';
}

/**
 * Counts one request.
 *
 * @param request.bytes the declared or maximum size of the body; a request with 0 is not counted.
 * @param request.isTold whether the client disconnected or the server is stopping, called if the request failed.
 * @throws what `pass` throws.
 */
export async function countRelayed<Answer extends RelayedAnswer>(
  metrics: Pick<Metrics, 'uploadStarted'>,
  request: { readonly bytes: number; readonly offset: number; readonly isTold: () => boolean },
  pass: () => Promise<Answer>,
): Promise<Answer> {
  if (request.bytes === 0) return pass();
  const recording = metrics.uploadStarted({ route: 'relay', bytes: request.bytes });
  try {
    const answer = await pass();
    const code = judgeAnswer(answer, request.offset);
    if (code === undefined) recording.succeeded({ bytesSent: answer.passedBytes });
    else recording.failed(code);
    return answer;
  } catch (error) {
    recording.failed(judgeFailure(error, request.isTold()));
    throw error;
  }
}
