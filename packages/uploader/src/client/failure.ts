/** Why one attempt at sending ended, in the words of `upload-protocol`, and as the error that a person is shown. */
import { type Asked, classifyAnswer } from '@supabase-media/upload-protocol/classify-answer';
import type { Failure } from '@supabase-media/upload-protocol/decide-next-step';
import type { Fault } from '@supabase-media/upload-protocol/faults';
import { readAnswerBody } from '@supabase-media/upload-protocol/read-answer-body';
import { errorOfApi } from './api-errors.ts';
import { type TransportAnswer, TransportError } from './transport.ts';
import { UploadError, type UploadErrorCode } from './upload-error.ts';

/** Carries a {@link Failure} out of an attempt. */
export class AttemptError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'AttemptError';
    this.failure = failure;
  }
}

/** What was asked when it failed. `rest`: a small file was put whole. */
export interface AttemptRequest {
  readonly asked: Asked;
  /** Of the body that was being sent, in bytes. */
  readonly bodyBytes: number;
}

/** An answer that is no success: of Storage, of an edge, or of the relay, which answers in the API's own form. */
export function failureOfAnswer(answer: TransportAnswer, request: AttemptRequest): Failure {
  const { status } = answer;
  const said = readAnswerBody(answer.body);
  const context = { asked: request.asked, hidesHeaders: true, now: Date.now() };
  const classified = classifyAnswer({ ...answer, body: answer.body }, context);
  const { retryAfterMs } = classified;
  if (said.form !== 'api' || said.code === undefined) {
    const message = `The server answered ${status}${classified.message === '' ? '' : `: ${classified.message}`}.`;
    const details = { httpStatus: status, code: classified.storageCode };
    const cause = new UploadError({ code: 'failed', message, details, retryAfterMs });
    return { ...request, fault: classified.fault, status, retryAfterMs, message, cause };
  }
  const error = errorOfApi({ code: said.code, message: said.message, retryAfterMs });
  const fault = faultOfRelay(said.code, status, request.asked) ?? faultOfError(error);
  return { ...request, fault, status, retryAfterMs, message: error.message, cause: error };
}

/** Refusals of the relay that say something about the request rather than about the upload. */
function faultOfRelay(code: string, status: number, asked: Asked): Fault | undefined {
  if (status === 413 && asked === 'append') return 'edge_too_large';
  if (code === 'relay_refused' && asked === 'append') return 'upload_conflict';
  if (code === 'relay_too_slow') return 'upload_stalled';
  return code === 'relay_busy' ? 'relay_busy' : undefined;
}

const faultOfError = (error: UploadError): Fault =>
  error.code === 'signed_out' ? 'signed_out' : error.retryBy === 'client' ? 'passing' : 'final';

/** What an attempt threw, or the API that was asked for a token meanwhile. */
export function failureOf(error: unknown, request: AttemptRequest = { asked: 'rest', bodyBytes: 0 }): Failure {
  if (error instanceof AttemptError) return error.failure;
  if (error instanceof TransportError && error.kind !== 'unreadable') {
    const fault = error.kind === 'timeout' ? 'upload_stalled' : 'upload_interrupted';
    return { ...request, fault, message: error.message, cause: error };
  }
  const cause =
    error instanceof UploadError
      ? error
      : new UploadError({ code: error instanceof TransportError ? 'file_unreadable' : 'failed', cause: error });
  // Not the failure of a request with a body: what the API was asked says nothing about sizes.
  const { message, retryAfterMs } = cause;
  return { asked: request.asked, bodyBytes: 0, fault: faultOfError(cause), retryAfterMs, message, cause };
}

/** The person's word for a fault. `failed` keeps the server's own words. */
const PERSON_CODES: Readonly<Record<Fault, UploadErrorCode>> = {
  bucket_missing: 'failed',
  content_type_refused: 'wrong_type',
  disk_full: 'failed',
  edge_too_large: 'gateway_limit',
  file_changed: 'file_unreadable',
  file_missing: 'file_unreadable',
  final: 'failed',
  gateway_failed: 'server_busy',
  key_refused: 'failed',
  object_exists: 'failed',
  object_missing: 'failed',
  object_too_large: 'too_large',
  passing: 'server_busy',
  relay_busy: 'server_busy',
  signed_out: 'signed_out',
  storage_busy: 'server_busy',
  storage_failed: 'server_busy',
  storage_forbidden: 'not_allowed',
  storage_refused: 'failed',
  storage_unauthorized: 'not_allowed',
  storage_unreachable: 'server_busy',
  upload_answer_timeout: 'timed_out',
  upload_away: 'server_busy',
  upload_conflict: 'failed',
  upload_connect_timeout: 'timed_out',
  upload_expired: 'failed',
  upload_interrupted: 'offline',
  upload_locked: 'server_busy',
  upload_mismatch: 'failed',
  upload_stalled: 'timed_out',
  upload_timeout: 'timed_out',
  upload_untrusted: 'failed',
};

/** What a person is shown while the failure is waited out, or when it ends the upload. */
export function errorOfFailure(failure: Failure): UploadError {
  const { cause, fault, message, status, retryAfterMs } = failure;
  // The API's words win over the table's: they have the numbers. So do the app's and the file's.
  if (cause instanceof UploadError && cause.code !== 'failed') return cause;
  const answered = fault === 'upload_interrupted' && status !== undefined;
  const code = answered ? 'server_busy' : PERSON_CODES[fault];
  const details = cause instanceof UploadError ? cause.details : {};
  return new UploadError({ code, ...(code === 'failed' && { message }), cause, details, retryAfterMs });
}
