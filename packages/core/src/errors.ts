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
  /** What it means, in one sentence, whatever the occasion. */
  readonly meaning: string;
  /** What the reader should do next, in one sentence. */
  readonly hint: string;
}

export const ERRORS = {
  aborted: {
    retry: 'never',
    meaning: 'The work was told to stop.',
    hint: 'The work was told to stop; nothing is wrong with the file.',
  },
  bucket_missing: {
    retry: 'never',
    meaning: 'Storage has no bucket of that name.',
    hint: 'Create the bucket: apply supabase/migrations (supabase db push), or correct the name.',
  },
  canceled: {
    retry: 'never',
    meaning: 'Somebody canceled the video, or removed it, before it was done.',
    hint: 'Nothing to do; enqueue the video again if it is wanted after all.',
  },
  config_invalid: {
    retry: 'never',
    meaning: 'The environment does not fit.',
    hint: 'Correct the variables named above; .env.example explains each of them.',
  },
  content_type_refused: {
    retry: 'never',
    meaning: 'The bucket does not take objects of the declared type.',
    hint: "Add the type to the bucket's allowed_mime_types, or name the right one (--content-type).",
  },
  database_failed: {
    retry: 'backoff',
    meaning: 'The database API did not answer as it should.',
    hint: "It is tried again by itself; if it stays, look at the project's status and the network.",
  },
  database_refused: {
    retry: 'never',
    meaning: 'The database API refused the request as it is.',
    hint: "Check that supabase/migrations were applied and that SUPABASE_SERVICE_ROLE_KEY is the service role's key.",
  },
  disk_full: {
    retry: 'backoff',
    meaning: 'There is no room left where the work is done.',
    hint: 'Free space where WORK_DIR points, or point it at a larger disk.',
  },
  disk_too_small: {
    retry: 'backoff',
    meaning: 'The source needs more room than the whole disk of WORK_DIR has.',
    hint: 'Point WORK_DIR at a larger disk, or lower WORK_DIR_RESERVE_MB; another worker with more room takes the job.',
  },
  disk_waiting: {
    retry: 'backoff',
    meaning: 'The disk of WORK_DIR has no room for the job yet; it waits in the queue.',
    hint: 'It starts by itself when there is room: free space where WORK_DIR points, or lower WORK_DIR_RESERVE_MB.',
  },
  download_changed: {
    retry: 'backoff',
    meaning: 'The source was replaced while it was being read.',
    hint: 'Nothing to do: it is read anew from the start.',
  },
  download_failed: {
    retry: 'backoff',
    meaning: 'The source could not be read whole from Storage.',
    hint: 'It is tried again by itself; if it stays, look at the network between here and Storage.',
  },
  edge_too_large: {
    retry: 'never',
    meaning: 'A proxy in front of Storage refused the body for its size; Storage never saw it.',
    hint: 'A proxy in front of Storage refused the body, not Storage: raise its body limit (nginx: client_max_body_size).',
  },
  ffmpeg_failed: {
    retry: 'backoff',
    meaning: 'ffmpeg ended with an error that says nothing about the file.',
    hint: 'The last lines of ffmpeg are in the log; try the file with `media process`.',
  },
  ffmpeg_killed: {
    retry: 'backoff',
    meaning: 'The system ended ffmpeg.',
    hint: 'Most often for lack of memory: lower WORKER_CONCURRENCY or add memory.',
  },
  ffmpeg_memory: {
    retry: 'backoff',
    meaning: 'ffmpeg could not get the memory it needs.',
    hint: 'ffmpeg could not get the memory it needs: lower WORKER_CONCURRENCY or add memory.',
  },
  ffmpeg_missing: {
    retry: 'never',
    meaning: 'There is no ffmpeg or ffprobe that runs.',
    hint: 'Install ffmpeg (apt-get install ffmpeg) or set FFMPEG_PATH and FFPROBE_PATH.',
  },
  ffmpeg_stalled: {
    retry: 'backoff',
    meaning: 'ffmpeg stopped making progress.',
    hint: 'Try the file with `media process` to see where.',
  },
  ffmpeg_timeout: {
    retry: 'never',
    meaning: 'The encode took longer than its limit.',
    hint: 'Use a faster machine or a smaller file.',
  },
  file_changed: {
    retry: 'never',
    meaning: 'The file changed while it was being sent.',
    hint: 'Send it again once nothing writes to it.',
  },
  file_missing: {
    retry: 'never',
    meaning: 'The file is not there, not readable, or no ordinary file.',
    hint: 'Name an ordinary file that this user may read.',
  },
  gateway_failed: {
    retry: 'ambiguous',
    meaning: 'A gateway in front of Storage gave up; the object may be stored or not.',
    hint: "It is settled by looking and tried again by itself; if it stays, raise the gateway's timeouts.",
  },
  invalid_argument: {
    retry: 'never',
    meaning: 'The command or request was not understood.',
    hint: 'See --help for what is allowed.',
  },
  job_abandoned: {
    retry: 'never',
    meaning: 'The job was started again and again without coming to an end.',
    hint: 'It ends its workers, most often for lack of memory: try the file with `media process`.',
  },
  job_expired: {
    retry: 'never',
    meaning: 'One run of the job took longer than a job may.',
    hint: 'Raise JOB_LIFETIME_HOURS if such videos are expected, then enqueue the video again.',
  },
  job_failed: {
    retry: 'never',
    meaning: 'The job failed for good.',
    hint: '`media status` tells what is known of the video; enqueue it again to retry.',
  },
  job_missing: {
    retry: 'never',
    meaning: 'The queue does not know the job any more.',
    hint: '`media status` tells how the video ended; finished jobs are kept for a while only.',
  },
  key_refused: {
    retry: 'never',
    meaning: 'The bucket or object path is not one that Storage takes.',
    hint: "Use letters, digits and _ / ! - . * ' ( ) space & $ @ = ; : + , ? in object paths.",
  },
  lock_lost: {
    retry: 'backoff',
    meaning: "The worker's claim on the job ran out, so another may have taken it.",
    hint: 'The queue was out of reach for too long; the job is taken up again by itself.',
  },
  object_exists: {
    retry: 'never',
    meaning: 'There is an object at that path already.',
    hint: 'Use another path, or --upsert to replace the object.',
  },
  object_missing: {
    retry: 'never',
    meaning: 'There is no object at that path.',
    hint: 'Check the bucket and the path; the object may have been deleted.',
  },
  object_too_large: {
    retry: 'never',
    meaning: 'The file is over a limit of Storage.',
    hint: "Three limits apply and the smallest wins: the bucket's, the project's global one, and the one of single requests.",
  },
  output_invalid: {
    retry: 'backoff',
    meaning: 'What was encoded did not pass its checks and was not published.',
    hint: 'Try the file with `media process`.',
  },
  queue_failed: { retry: 'backoff', meaning: 'The queue answered with an error.', hint: 'Its message is above.' },
  queue_unreachable: {
    retry: 'backoff',
    meaning: 'The queue cannot be reached.',
    hint: 'Check that it runs and that REDIS_URL or DATABASE_URL points at it.',
  },
  storage_busy: {
    retry: 'after',
    meaning: 'Storage asked for patience.',
    hint: 'It is tried again by itself, not before the moment that Storage named.',
  },
  storage_failed: {
    retry: 'backoff',
    meaning: 'Storage answered with an error of its own.',
    hint: "It is tried again by itself; if it stays, look at Storage's log.",
  },
  storage_forbidden: {
    retry: 'never',
    meaning: 'Row-level security refused the key.',
    hint: "The worker needs the service role's key in SUPABASE_SERVICE_ROLE_KEY.",
  },
  storage_refused: { retry: 'never', meaning: 'Storage refused the request as it is.', hint: 'Its words say why.' },
  storage_unauthorized: {
    retry: 'never',
    meaning: 'Storage does not accept the key.',
    hint: "Copy SUPABASE_SERVICE_ROLE_KEY anew from the project's API settings.",
  },
  storage_unreachable: {
    retry: 'backoff',
    meaning: 'No connection to Storage could be made.',
    hint: 'Check that SUPABASE_URL is right and reachable from this machine.',
  },
  unexpected: {
    retry: 'backoff',
    meaning: 'Something happened that nobody foresaw.',
    hint: 'Report it with the log lines around it.',
  },
  upload_answer_timeout: {
    retry: 'ambiguous',
    meaning: 'Every byte was sent, but Storage did not answer in time.',
    hint: 'It is settled by looking; if it comes often, raise UPLOAD_ANSWER_SECONDS.',
  },
  upload_conflict: {
    retry: 'locked',
    meaning: 'Storage stood at another byte than expected.',
    hint: 'Nothing to do: it is asked where it stands and the upload goes on from there.',
  },
  upload_connect_timeout: {
    retry: 'backoff',
    meaning: 'No connection was made within UPLOAD_CONNECT_SECONDS.',
    hint: 'Check SUPABASE_URL, the network and firewalls on the way.',
  },
  upload_expired: {
    retry: 'backoff',
    meaning: 'Storage forgot the unfinished upload.',
    hint: 'It is begun anew by itself. Self-hosted: raise TUS_URL_EXPIRY_MS.',
  },
  upload_interrupted: {
    retry: 'ambiguous',
    meaning: 'The connection broke.',
    hint: 'It is taken up by itself; if it comes often, look at the network between here and Storage.',
  },
  upload_locked: {
    retry: 'locked',
    meaning: 'Another request holds the unfinished upload.',
    hint: 'It is let go within seconds, else something else sends the same file.',
  },
  upload_mismatch: {
    retry: 'backoff',
    meaning: 'What Storage holds is not what was sent.',
    hint: 'It is removed and sent again by itself.',
  },
  upload_stalled: {
    retry: 'backoff',
    meaning: 'No byte went through for UPLOAD_STALL_SECONDS.',
    hint: 'It is taken up by itself; check the network between here and Storage.',
  },
  upload_timeout: {
    retry: 'backoff',
    meaning: 'One request took longer than UPLOAD_TIMEOUT_SECONDS.',
    hint: 'It is taken up by itself; raise the limit for slow links.',
  },
  upload_untrusted: {
    retry: 'backoff',
    meaning: 'Storage lost bytes that it had acknowledged.',
    hint: 'Nothing to do: the unfinished upload is given up and begun anew.',
  },
  video_missing: {
    retry: 'never',
    meaning: 'There is no video of that id.',
    hint: 'Check the id; `media enqueue` prints it.',
  },
  work_dir_unusable: {
    retry: 'never',
    meaning: 'WORK_DIR cannot be used.',
    hint: 'Point WORK_DIR at a folder that this user may write to.',
  },
} as const satisfies Record<string, ErrorPolicy>;

export type ErrorCode = keyof typeof ERRORS;

/** What {@link MediaError} is made from. */
export interface MediaErrorOptions {
  readonly code: ErrorCode;
  /** Of a code that is not in the table; see {@link errorsOf}. */
  readonly policy?: ErrorPolicy;
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
    const { retry, hint } = options.policy ?? ERRORS[options.code];
    this.retry = retry;
    this.hint = options.hint ?? hint;
    this.details = options.details ?? {};
  }
}

/**
 * Makes errors whose codes are not in {@link ERRORS}: a job type has a table of its own for what only it can meet. To
 * whatever looks a code up in the common table, such an error is one of no row.
 */
export const errorsOf =
  <Code extends string>(table: Readonly<Record<Code, ErrorPolicy>>) =>
  ({ code, ...options }: Omit<MediaErrorOptions, 'code' | 'policy'> & { readonly code: Code }): MediaError =>
    new MediaError({ ...options, code: code as string as ErrorCode, policy: table[code] });

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
