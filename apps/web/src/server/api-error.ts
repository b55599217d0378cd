/** Errors as the API tells them, and what those of other parts become there. */
import { MediaError } from '@supabase-media/core/errors';
import type { ErrorBody } from '../contract/error-body.ts';
import { API_ERRORS, type ApiErrorCode } from '../contract/errors.ts';

export interface ApiErrorOptions {
  readonly code: ApiErrorCode;
  /** What happened, with the numbers; for the person at the screen. */
  readonly message: string;
  /** Sizes in bytes, times in seconds. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A refusal; its status and what to do stand in {@link API_ERRORS}. */
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

/** The worker's codes that mean something else than "a part of the system did not answer" to a person who uploads. */
const BY_MEDIA_CODE: Readonly<Record<string, ApiErrorCode>> = {
  object_too_large: 'file_too_large',
  content_type_refused: 'type_refused',
  key_refused: 'name_refused',
  invalid_argument: 'invalid_request',
};

/** Codes by the part of the system that they speak of. */
const BY_MEDIA_PREFIX: readonly (readonly [RegExp, ApiErrorCode])[] = [
  [/^(queue|job)_/, 'queue_unavailable'],
  [/^database_/, 'database_unavailable'],
  [/^(storage|upload|download|edge|gateway|bucket|object)_/, 'storage_unavailable'],
];

const WORDS: Partial<Record<ApiErrorCode, string>> = {
  queue_unavailable: 'The queue did not take the request.',
  database_unavailable: 'The database did not answer the request.',
  storage_unavailable: 'Storage did not answer the request.',
};

/** What is tried again by itself may be tried again by the client after this, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** What anything thrown is told as. Whatever is not ours keeps its words for the log, in `cause`. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (!(thrown instanceof MediaError))
    return new ApiError({ code: 'internal', message: 'The request could not be answered.', cause: thrown });
  const code =
    BY_MEDIA_CODE[thrown.code] ?? BY_MEDIA_PREFIX.find(([pattern]) => pattern.test(thrown.code))?.[1] ?? 'internal';
  const isOutage = API_ERRORS[code].httpStatus === 503;
  return new ApiError({
    code,
    message: WORDS[code] ?? (code === 'internal' ? 'The request could not be answered.' : thrown.message),
    ...(isOutage && { retryAfterSeconds: RETRY_AFTER_SECONDS }),
    cause: thrown,
  });
}
