/** What the API's refusals are called here. */
import type { ApiErrorCode } from '../contract.ts';
import { UploadError, type UploadErrorCode } from './upload-error.ts';

/** The client's code for each of the API's. */
export const UPLOAD_ERROR_CODES: Readonly<Record<ApiErrorCode, UploadErrorCode>> = {
  anonymous_refused: 'not_allowed',
  auth_unavailable: 'server_busy',
  content_refused: 'refused_content',
  database_unavailable: 'server_busy',
  digest_mismatch: 'digest_mismatch',
  file_too_large: 'too_large',
  internal: 'server_busy',
  invalid_request: 'failed',
  name_refused: 'bad_name',
  not_found: 'failed',
  queue_unavailable: 'server_busy',
  rate_limited: 'server_busy',
  relay_busy: 'server_busy',
  relay_refused: 'failed',
  relay_too_slow: 'timed_out',
  session_ended: 'session_ended',
  session_expired: 'session_expired',
  session_not_found: 'session_ended',
  size_refused: 'bad_size',
  storage_unavailable: 'server_busy',
  token_expired: 'signed_out',
  too_many_listeners: 'server_busy',
  too_many_queued: 'too_many_videos',
  too_many_sessions: 'too_many_uploads',
  type_refused: 'wrong_type',
  unauthorized: 'signed_out',
  upload_incomplete: 'failed',
  video_busy: 'video_busy',
  video_not_found: 'not_found',
  video_rejected: 'refused_content',
};

export interface ApiRefusal {
  readonly code: string;
  readonly message?: string | undefined;
  readonly action?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The API's words win over the table's: they have the numbers. Codes that are newer than this client are `failed`. */
export function errorOfApi(refusal: ApiRefusal): UploadError {
  const code = Object.hasOwn(UPLOAD_ERROR_CODES, refusal.code)
    ? UPLOAD_ERROR_CODES[refusal.code as ApiErrorCode]
    : 'failed';
  return new UploadError({
    code,
    message: refusal.message || undefined,
    action: refusal.action,
    details: refusal.details,
    apiCode: refusal.code,
    retryAfterMs: refusal.retryAfterMs,
  });
}
