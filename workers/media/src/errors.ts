/**
 * Every failure that a person can meet, in one table. A row says how the failure is retried and what the reader should
 * do next; the place that throws adds what happened, with the numbers. Rejections of a file (what is no video, what is
 * encrypted, …) are outcomes, not errors: `rejections.ts` holds those.
 */

/**
 * How a failure is met by the loops that retry:
 * `never` fails at once; `backoff` is tried again after a growing wait; `after` likewise, but not before the moment the
 * server named (Retry-After); `locked` after a short wait that costs no attempt; `ambiguous` may have succeeded, so the object is looked at before anything is sent again.
 */
export type RetryClass = 'never' | 'backoff' | 'after' | 'locked' | 'ambiguous';

/** One row of {@link ERRORS}. */
export interface ErrorPolicy {
  readonly retry: RetryClass;
  /** What the reader should do next, in one sentence. */
  readonly hint: string;
}

export const ERRORS = {
  aborted: { retry: 'never', hint: 'The work was told to stop; nothing is wrong with the file.' },
  bucket_missing: {
    retry: 'never',
    hint: 'Create the bucket: apply supabase/migrations (supabase db push), or correct the name.',
  },
  config_invalid: { retry: 'never', hint: 'Correct the variables named above; .env.example explains each of them.' },
  content_type_refused: {
    retry: 'never',
    hint: "Add the type to the bucket's allowed_mime_types, or name the right one (--content-type).",
  },
  database_failed: {
    retry: 'backoff',
    hint: 'The database API did not answer as it should; it is tried again by itself.',
  },
  database_refused: {
    retry: 'never',
    hint: "Check that supabase/migrations were applied and that SUPABASE_SERVICE_ROLE_KEY is the service role's key.",
  },
  disk_full: { retry: 'backoff', hint: 'Free space where WORK_DIR points, or point it at a larger disk.' },
  download_changed: {
    retry: 'backoff',
    hint: 'The source was replaced while it was being read; it is read anew from the start.',
  },
  download_failed: {
    retry: 'backoff',
    hint: 'The source could not be read whole from Storage; it is tried again by itself.',
  },
  edge_too_large: {
    retry: 'never',
    hint: 'A proxy in front of Storage refused the body, not Storage: raise its body limit (nginx: client_max_body_size).',
  },
  ffmpeg_failed: {
    retry: 'backoff',
    hint: 'The last lines of ffmpeg are in the log; try the file with `media process`.',
  },
  ffmpeg_killed: {
    retry: 'backoff',
    hint: 'The system ended ffmpeg, most often for lack of memory: lower WORKER_CONCURRENCY or add memory.',
  },
  ffmpeg_memory: {
    retry: 'backoff',
    hint: 'ffmpeg could not get the memory it needs: lower WORKER_CONCURRENCY or add memory.',
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
  file_changed: {
    retry: 'never',
    hint: 'The file changed while it was being sent: send it again once nothing writes to it.',
  },
  file_missing: { retry: 'never', hint: 'Name an ordinary file that this user may read.' },
  gateway_failed: {
    retry: 'ambiguous',
    hint: 'A gateway in front of Storage gave up; it is tried again by itself.',
  },
  invalid_argument: { retry: 'never', hint: 'See --help for what is allowed.' },
  job_abandoned: {
    retry: 'never',
    hint: 'The video ends its workers, most often for lack of memory: try the file with `media process`.',
  },
  job_failed: { retry: 'never', hint: '`media status` tells what is known of the video; enqueue it again to retry.' },
  job_missing: {
    retry: 'never',
    hint: '`media status` tells how the video ended; finished jobs are kept for a while only.',
  },
  key_refused: {
    retry: 'never',
    hint: "Use letters, digits and _ / ! - . * ' ( ) space & $ @ = ; : + , ? in object paths.",
  },
  lock_lost: {
    retry: 'backoff',
    hint: 'The queue was out of reach for too long; the job is taken up again by itself.',
  },
  object_exists: { retry: 'never', hint: 'Use another path, or --upsert to replace the object.' },
  object_missing: { retry: 'never', hint: 'Check the bucket and the path; the object may have been deleted.' },
  object_too_large: {
    retry: 'never',
    hint: "Three limits apply and the smallest wins: the bucket's, the project's global one, and the one of single requests.",
  },
  output_invalid: {
    retry: 'backoff',
    hint: 'The output did not pass its checks and was not published; try the file with `media process`.',
  },
  queue_failed: { retry: 'backoff', hint: 'The queue answered with an error; its message is above.' },
  queue_unreachable: { retry: 'backoff', hint: 'Check that it runs and that REDIS_URL or DATABASE_URL points at it.' },
  storage_busy: { retry: 'after', hint: 'Storage asked for patience; it is tried again by itself.' },
  storage_failed: {
    retry: 'backoff',
    hint: 'Storage answered with an error of its own; its message is above, its log has more.',
  },
  storage_forbidden: {
    retry: 'never',
    hint: "Row-level security refused this key: the worker needs the service role's key in SUPABASE_SERVICE_ROLE_KEY.",
  },
  storage_refused: { retry: 'never', hint: 'Storage refused the request as it is; its words above say why.' },
  storage_unauthorized: {
    retry: 'never',
    hint: "Storage does not accept the key: copy SUPABASE_SERVICE_ROLE_KEY anew from the project's API settings.",
  },
  storage_unreachable: { retry: 'backoff', hint: 'Check that SUPABASE_URL is right and reachable from this machine.' },
  unexpected: { retry: 'backoff', hint: 'This should not happen: report it with the log lines around it.' },
  upload_answer_timeout: {
    retry: 'ambiguous',
    hint: 'Every byte was sent but Storage did not answer in time; the object is looked at before anything is sent again.',
  },
  upload_interrupted: {
    retry: 'ambiguous',
    hint: 'The connection broke while the file was being sent; it is tried again by itself.',
  },
  upload_conflict: {
    retry: 'locked',
    hint: 'Storage stood at another byte than expected; it is asked where it stands and the upload goes on from there.',
  },
  upload_connect_timeout: {
    retry: 'backoff',
    hint: 'No connection within UPLOAD_CONNECT_SECONDS: check SUPABASE_URL, the network and firewalls on the way.',
  },
  upload_expired: {
    retry: 'backoff',
    hint: 'Storage forgot the unfinished upload; it is begun anew. Self-hosted: raise TUS_URL_EXPIRY_MS.',
  },
  upload_locked: {
    retry: 'locked',
    hint: 'Another request holds the upload; it is let go within seconds, else something else sends the same file.',
  },
  upload_mismatch: { retry: 'backoff', hint: 'What Storage holds is not what was sent; it is sent again.' },
  upload_stalled: {
    retry: 'backoff',
    hint: 'No byte went through for UPLOAD_STALL_SECONDS: check the network between here and Storage.',
  },
  upload_untrusted: {
    retry: 'backoff',
    hint: 'Storage lost bytes it had acknowledged; the unfinished upload is given up and begun anew.',
  },
  upload_timeout: {
    retry: 'backoff',
    hint: 'One request took longer than UPLOAD_TIMEOUT_SECONDS: raise it for slow links.',
  },
  video_missing: { retry: 'never', hint: 'Check the id; `media enqueue` prints it.' },
  work_dir_unusable: { retry: 'never', hint: 'Point WORK_DIR at a folder that this user may write to.' },
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

/** Whether trying the same thing again can help. */
export const isRetryable = (error: MediaError): boolean => error.retry !== 'never';

/** System calls' codes (errno) that have a row of their own. */
const ERRNO_CODES: Readonly<Record<string, ErrorCode>> = { ENOSPC: 'disk_full', EDQUOT: 'disk_full' };

/** Turns whatever was thrown into a {@link MediaError}; one that already is stays as it is. */
export function toMediaError(thrown: unknown): MediaError {
  if (thrown instanceof MediaError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const errno = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return new MediaError({ code: ERRNO_CODES[errno] ?? 'unexpected', message, cause: thrown });
}
