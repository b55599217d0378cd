/**
 * Counts what the relay passes on as uploads of the route `relay`: each request with a body is one, because the next
 * request of the same file may be answered by another process. A file sent in ten pieces is ten small uploads here.
 */
import type { ErrorCode } from '@supabase-media/core/errors';
import type { Metrics } from '@supabase-media/service/metrics';
import { classifyStorageAnswer } from '@supabase-media/storage/answer-error';
import { parseByteCount } from '@supabase-media/upload-protocol/tus';
import { ApiError } from '../api-error.ts';

/** What became of a request that was passed on. */
export interface RelayedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Of the client's body, in bytes. */
  readonly passedBytes: number;
}

/**
 * The code of a request that Storage answered; undefined when it took the whole body.
 *
 * @param offset where the body began, in bytes.
 */
export function judgeAnswer(answer: RelayedAnswer, offset: number): ErrorCode | undefined {
  const { status, headers, text, passedBytes } = answer;
  if (status > 299) return classifyStorageAnswer({ status, headers, body: text }, 'append').fault;
  const reached = parseByteCount(headers['upload-offset']) ?? Number.NaN;
  // Another connection asked for the offset meanwhile, and Storage ended this request with what it had.
  return reached < offset + passedBytes ? 'upload_interrupted' : undefined;
}

/** The code of a request that got no answer of Storage. A client that left, or a server that stops, is no failure. */
export function judgeFailure(error: unknown, isTold: boolean): ErrorCode {
  if (isTold) return 'aborted';
  return error instanceof ApiError && error.code === 'relay_refused' ? 'invalid_argument' : 'storage_unreachable';
}

/**
 * Counts one request.
 *
 * @param request.bytes of the body, as announced or at most; 0: nothing is sent, so nothing is counted.
 * @param request.isTold whether the client has left or the server stops, asked when the request failed.
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
