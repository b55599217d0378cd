/**
 * Every failure that a person can meet, in one table. A row says how the failure is retried and what the reader should
 * do next; the place that throws adds what happened, with the numbers. Rejections of a file (what is no video, what is
 * encrypted, …) are outcomes, not errors: `rejections.ts` holds those.
 */

/**
 * How a failure is met by the loops that retry:
 * `never` fails at once; `backoff` is tried again after a growing wait.
 */
export type RetryClass = 'never' | 'backoff';

/** One row of {@link ERRORS}. */
export interface ErrorPolicy {
  readonly retry: RetryClass;
  /** What the reader should do next, in one sentence. */
  readonly hint: string;
}

export const ERRORS = {
  aborted: { retry: 'never', hint: 'The work was told to stop; nothing is wrong with the file.' },
  config_invalid: { retry: 'never', hint: 'Correct the variables named above; .env.example explains each of them.' },
  disk_full: { retry: 'backoff', hint: 'Free space where WORK_DIR points, or point it at a larger disk.' },
  ffmpeg_failed: {
    retry: 'backoff',
    hint: 'The last lines of ffmpeg are in the log; try the file with `media process`.',
  },
  ffmpeg_killed: {
    retry: 'backoff',
    hint: 'The system ended ffmpeg, most often for lack of memory: lower WORKER_CONCURRENCY or add memory.',
  },
  ffmpeg_missing: {
    retry: 'never',
    hint: 'Install ffmpeg (apt-get install ffmpeg) or set FFMPEG_PATH and FFPROBE_PATH.',
  },
  ffmpeg_stalled: {
    retry: 'backoff',
    hint: 'ffmpeg stopped making progress; try the file with `media process` to see where.',
  },
  ffmpeg_timeout: {
    retry: 'never',
    hint: 'The encode took longer than its limit; use a faster machine or a smaller file.',
  },
  output_invalid: {
    retry: 'backoff',
    hint: 'The output did not pass its checks and was not published; try the file with `media process`.',
  },
  unexpected: { retry: 'backoff', hint: 'This should not happen: report it with the log lines around it.' },
} as const satisfies Record<string, ErrorPolicy>;

export type ErrorCode = keyof typeof ERRORS;

/** What {@link MediaError} is made from. */
export interface MediaErrorOptions {
  readonly code: ErrorCode;
  /** What happened, with the numbers, without a secret. One sentence. */
  readonly message: string;
  /** Replaces the table's hint where the place that throws knows better. */
  readonly hint?: string;
  /** Values for logs and metrics. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A failure with a stable code, its retry class and what to do next. */
export class MediaError extends Error {
  readonly code: ErrorCode;
  readonly retry: RetryClass;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(options: MediaErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'MediaError';
    this.code = options.code;
    this.retry = ERRORS[options.code].retry;
    this.hint = options.hint ?? ERRORS[options.code].hint;
    this.details = options.details ?? {};
  }
}
