/** Errors of the API, and the mapping of other errors to them. */
import { MediaError } from '@supabase-media/core/errors';
import type { ErrorBody } from '../contract/error-body.ts';
import { API_ERRORS, type ApiErrorCode } from '../contract/errors.ts';

export interface ApiErrorOptions {
  readonly code: ApiErrorCode;
  /** What happened, with the numbers, for the user. */
  readonly message: string;
  /** Sizes in bytes, times in seconds. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** An error response; its status and action are in {@link API_ERRORS}. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** Whole seconds for the header Retry-After. */
  readonly retryAfterSeconds: number | undefined;

  constructor(options: ApiErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'ApiError';
    this.code = options.code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get httpStatus(): number {
    return API_ERRORS[this.code].httpStatus;
  }

  toBody(): ErrorBody {
    const { code, message, details } = this;
    return { error: { code, message, action: API_ERRORS[code].action, ...(details && { details }) } };
  }
}

/** Codes with a meaning of their own for a user; all others mean that a part of the system did not answer. */
const BY_MEDIA_CODE: Readonly<Record<string, ApiErrorCode>> = {
  object_too_large: 'file_too_large',
  content_type_refused: 'type_refused',
  key_refused: 'name_refused',
  invalid_argument: 'invalid_request',
};

/** Codes by the part of the system that failed. */
const BY_MEDIA_PREFIX: readonly (readonly [RegExp, ApiErrorCode])[] = [
  [/^(queue|job)_/, 'queue_unavailable'],
  [/^database_/, 'database_unavailable'],
  [/^(storage|upload|download|edge|gateway|bucket|object)_/, 'storage_unavailable'],
];

const MESSAGES: Partial<Record<ApiErrorCode, string>> = {
  queue_unavailable: 'The queue did not accept the request.',
  database_unavailable: 'The database did not answer the request.',
  storage_unavailable: 'Storage did not answer the request.',
};

/** Retry-After of outages, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Turns anything thrown into an {@link ApiError}; messages that are not for users only go to the log, as `cause`. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (!(thrown instanceof MediaError))
    return new ApiError({ code: 'internal', message: 'The request could not be answered.', cause: thrown });
  const code =
    BY_MEDIA_CODE[thrown.code] ?? BY_MEDIA_PREFIX.find(([pattern]) => pattern.test(thrown.code))?.[1] ?? 'internal';
  const isOutage = API_ERRORS[code].httpStatus === 503;
  return new ApiError({
    code,
    message: MESSAGES[code] ?? (code === 'internal' ? 'The request could not be answered.' : thrown.forUser),
    ...(isOutage && { retryAfterSeconds: RETRY_AFTER_SECONDS }),
    cause: thrown,
  });
}
