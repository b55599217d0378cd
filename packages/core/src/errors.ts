/**
 * Every failure that a person can meet, in one table. A row says how the failure is retried and what the reader should
 * do next; the code that throws adds what happened, with the numbers. That a file is rejected (not a video, encrypted, …)
 * is a result and not an error: see `rejections.ts` in packages/media.
 */

/**
 * How `retry.ts` retries a failed request:
 * - `never`: it is final.
 * - `backoff`: retried after a growing wait.
 * - `after`: the same, but not before the time the server asked for (Retry-After).
 * - `locked`: retried after a short wait that costs no attempt.
 * - `ambiguous`: like `backoff`; it may have succeeded, so whoever sends something checks before sending it again.
 *
 * Uploads follow `faults.ts` in packages/upload-protocol, jobs their type's policy.
 */
export type RetryClass = 'never' | 'backoff' | 'after' | 'locked' | 'ambiguous';

/** One row of {@link ERRORS}. */
export interface ErrorPolicy {
  readonly retry: RetryClass;
  /** What happened, in one sentence that is true wherever the error is thrown. */
  readonly meaning: string;
  /** What the reader should do next. */
  readonly hint: string;
  /** What a user of the app is told, who knows no program, path or host. {@link FOR_USERS} unless named. */
  readonly user?: string;
}

/** What users are told of faults that they can do nothing about. */
export const FOR_USERS = 'The video could not be processed because of a fault in the service. Try again later.';

export const ERRORS = {
  aborted: {
    retry: 'never',
    meaning: 'The work was stopped on request.',
    hint: 'Nothing to do: the process was told to stop, and the file is fine.',
    user: 'It was interrupted and continues automatically.',
  },
  bucket_missing: {
    retry: 'never',
    meaning: 'Storage has no bucket with that name.',
    hint: 'Create the bucket: apply supabase/migrations (supabase db push), or correct the name.',
  },
  canceled: {
    retry: 'never',
    meaning: 'The video was canceled, or its row was deleted, before it was ready.',
    hint: 'Nothing to do. Enqueue the video again if it is still wanted.',
    user: 'The video was canceled.',
  },
  config_invalid: {
    retry: 'never',
    meaning: 'An environment variable is missing or invalid.',
    hint: 'Correct the variables named above; docs/configuration.md describes each of them.',
  },
  content_type_refused: {
    retry: 'never',
    meaning: 'The bucket does not accept objects of the declared type.',
    hint: "Add the type to the bucket's allowed_mime_types, or declare the right one (--content-type).",
    user: 'Files of this type are not accepted. Upload a video.',
  },
  database_failed: {
    retry: 'backoff',
    meaning: 'The database API failed or did not answer.',
    hint: "Retried automatically. If it persists, check the project's status and the network.",
  },
  database_refused: {
    retry: 'never',
    meaning: 'The database API rejected the request.',
    hint: "Check that supabase/migrations are applied and that SUPABASE_SERVICE_ROLE_KEY is the service role's key.",
  },
  disk_full: {
    retry: 'backoff',
    meaning: 'The disk of WORK_DIR is full.',
    hint: 'Free space on the disk of WORK_DIR, or point WORK_DIR at a larger disk.',
    user: 'There is no space for this video at the moment. Try again later.',
  },
  disk_too_small: {
    retry: 'backoff',
    meaning: 'The source needs more space than the whole disk of WORK_DIR has.',
    hint: 'Point WORK_DIR at a larger disk, or lower WORK_DIR_RESERVE_MB. A worker with a larger disk can take the job.',
    user: 'There is no space for a video of this size at the moment. Try again later, or upload a smaller one.',
  },
  disk_waiting: {
    retry: 'backoff',
    meaning: 'The disk of WORK_DIR has no space for this job yet, so it waits in the queue.',
    hint: 'The job starts automatically when there is space. Free space on the disk of WORK_DIR, or lower WORK_DIR_RESERVE_MB.',
    user: 'It waits for space and continues automatically.',
  },
  download_changed: {
    retry: 'backoff',
    meaning: 'The source was replaced while it was being downloaded.',
    hint: 'Nothing to do: the download restarts from the beginning.',
    user: 'The uploaded file was replaced while it was being read. It is read again automatically.',
  },
  download_failed: {
    retry: 'backoff',
    meaning: 'The source could not be downloaded completely from Storage.',
    hint: 'Retried automatically. If it persists, check the network between this machine and Storage.',
    user: 'The uploaded file could not be read completely. Try again; if that does not help, upload it again.',
  },
  edge_too_large: {
    retry: 'never',
    meaning: 'A proxy in front of Storage rejected the request body as too large; the request never reached Storage.',
    hint: 'Raise the body limit of the proxy in front of Storage (nginx: client_max_body_size).',
    user: 'What was made of this video is larger than can be stored. Upload a shorter or smaller video.',
  },
  ffmpeg_failed: {
    retry: 'backoff',
    meaning: 'ffmpeg failed with an error that does not point to the file.',
    hint: "The last lines of ffmpeg's output are in the log. Reproduce it with `media process FILE`.",
    user: 'This video could not be converted. Try again; if that does not help, export it as H.264 (MP4) and upload that.',
  },
  ffmpeg_killed: {
    retry: 'backoff',
    meaning: 'The operating system killed ffmpeg.',
    hint: 'Usually out of memory: lower WORKER_CONCURRENCY or add memory.',
    user: 'Converting this video takes more memory than there is. Try again later, or upload a smaller one.',
  },
  ffmpeg_memory: {
    retry: 'backoff',
    meaning: 'ffmpeg ran out of memory.',
    hint: 'Raise MEDIA_MEMORY_LIMIT_MB, lower MEDIA_THREADS or WORKER_CONCURRENCY, or add memory.',
    user: 'Converting this video takes more memory than there is. Try again later, or upload a smaller one.',
  },
  ffmpeg_missing: {
    retry: 'never',
    meaning: 'No working ffmpeg or ffprobe was found.',
    hint: 'Install ffmpeg (apt-get install ffmpeg; macOS: brew install ffmpeg) or set FFMPEG_PATH and FFPROBE_PATH.',
  },
  ffmpeg_stalled: {
    retry: 'backoff',
    meaning: 'ffmpeg stopped making progress and was ended.',
    hint: 'Reproduce it with `media process FILE` to see where it stops.',
    user: 'Converting this video came to a standstill. Try again; if that does not help, export it as H.264 (MP4) and upload that.',
  },
  ffmpeg_timeout: {
    retry: 'never',
    meaning: 'The encode exceeded its time limit.',
    hint: 'Use a faster machine, a faster profile (MEDIA_PROFILE=fast) or a smaller file.',
    user: 'Converting this video took too long. Upload a shorter or smaller one.',
  },
  file_changed: {
    retry: 'never',
    meaning: 'The file changed during the upload.',
    hint: 'Upload it again when nothing writes to it any more.',
  },
  file_missing: {
    retry: 'never',
    meaning: 'The file does not exist, is not readable, or is not a regular file.',
    hint: 'Name a regular file that this user may read.',
  },
  gateway_failed: {
    retry: 'ambiguous',
    meaning: 'A gateway in front of Storage timed out or failed; the object may or may not be stored.',
    hint: 'The object is checked and the upload retried automatically. If it persists, check that Storage runs behind the gateway (502, 503), and raise its timeouts (504).',
  },
  invalid_argument: {
    retry: 'never',
    meaning: 'An argument of the command or request is invalid.',
    hint: 'See --help for what is allowed.',
    user: 'The request is invalid.',
  },
  job_abandoned: {
    retry: 'never',
    meaning: 'The job was started repeatedly and never finished.',
    hint: 'The job probably crashes its worker, usually by running out of memory. Reproduce it with `media process FILE`.',
    user: 'This video could not be processed in several tries. Export it as H.264 (MP4) and upload that.',
  },
  job_expired: {
    retry: 'never',
    meaning: 'One run of the job exceeded JOB_LIFETIME_HOURS.',
    hint: 'Raise JOB_LIFETIME_HOURS if such videos are expected, then enqueue the video again.',
    user: 'Processing this video took too long. Upload a shorter or smaller one.',
  },
  job_failed: {
    retry: 'never',
    meaning: 'The job failed permanently.',
    hint: '`media status ID` shows why. Enqueue the video again to retry.',
  },
  job_missing: {
    retry: 'never',
    meaning: 'The job is no longer in the queue.',
    hint: '`media status ID` shows how the video ended. Finished jobs are kept for a limited time.',
  },
  key_refused: {
    retry: 'never',
    meaning: 'Storage does not allow this bucket name or object path.',
    hint: "Use letters, digits and _ / ! - . * ' ( ) space & $ @ = ; : + , ? in object paths.",
    user: 'A file of this name cannot be stored. Rename it and upload it again.',
  },
  lock_lost: {
    retry: 'backoff',
    meaning: 'The worker lost its lock on the job, so another worker may be running it.',
    hint: 'The queue was unreachable for too long. The job resumes automatically.',
    user: 'It was interrupted and continues automatically.',
  },
  object_exists: {
    retry: 'never',
    meaning: 'An object already exists at that path.',
    hint: 'Use another path, or --upsert to replace the object.',
  },
  object_missing: {
    retry: 'never',
    meaning: 'No object exists at that path.',
    hint: 'Check the bucket and the path; the object may have been deleted.',
    user: 'The uploaded file is no longer there. Upload it again.',
  },
  object_too_large: {
    retry: 'never',
    meaning: 'The file exceeds a size limit of Storage.',
    hint: "Three limits apply and the smallest wins: the bucket's, the project's, and the one for single requests. `media doctor` shows them.",
    user: 'This file, or what was made of it, is larger than can be stored. Upload a shorter or smaller video.',
  },
  output_invalid: {
    retry: 'backoff',
    meaning: 'The encoded output failed verification and was not published.',
    hint: 'Reproduce it with `media process FILE`.',
    user: 'This video could not be converted without faults. Try again; if that does not help, export it as H.264 (MP4) and upload that.',
  },
  output_too_large: {
    retry: 'never',
    meaning: 'The result of the video grew beyond what was allowed for it, and was removed.',
    hint: 'The message says which limit it was. A larger disk for WORK_DIR, or a larger file_size_limit of the bucket of results, allows more.',
    user: 'The result of this video grew larger than is allowed. Upload a shorter part of it, or export it with a smaller picture.',
  },
  platform_unsupported: {
    retry: 'never',
    meaning: 'The program does not run on this operating system.',
    hint: 'Windows: use WSL (wsl --install), and install and start it there.',
  },
  queue_failed: {
    retry: 'backoff',
    meaning: 'The queue returned an error.',
    hint: "The message above is the queue's own.",
  },
  queue_unreachable: {
    retry: 'backoff',
    meaning: 'The queue cannot be reached.',
    hint: 'Check that it runs and that REDIS_URL or DATABASE_URL points to it.',
  },
  source_changed: {
    retry: 'never',
    meaning: 'The file in Storage is not the one that was checked when its upload was completed.',
    hint: 'Upload the video again. Nothing may write to its path after the upload was completed.',
    user: 'The file was replaced after its upload was completed. Upload it again.',
  },
  storage_busy: {
    retry: 'after',
    meaning: 'Storage is overloaded or rate limiting (429 or 503).',
    hint: 'Retried automatically, not before the time that Storage asked for (Retry-After).',
  },
  storage_failed: {
    retry: 'backoff',
    meaning: 'Storage returned a server error.',
    hint: "Retried automatically. If it persists, check Storage's log.",
  },
  storage_forbidden: {
    retry: 'never',
    meaning: 'Row-level security denied access to the key.',
    hint: "Set SUPABASE_SERVICE_ROLE_KEY to the service role's key.",
  },
  storage_refused: {
    retry: 'never',
    meaning: 'Storage rejected the request.',
    hint: "Storage's own message says why.",
  },
  storage_unauthorized: {
    retry: 'never',
    meaning: 'Storage does not accept the key.',
    hint: "Copy SUPABASE_SERVICE_ROLE_KEY again from the project's API settings.",
  },
  storage_unreachable: {
    retry: 'backoff',
    meaning: 'No connection to Storage could be made.',
    hint: 'Check that SUPABASE_URL is correct and reachable from this machine.',
  },
  unexpected: {
    retry: 'backoff',
    meaning: 'An unexpected error occurred.',
    hint: 'Report it together with the surrounding log lines.',
  },
  upload_answer_timeout: {
    retry: 'ambiguous',
    meaning: 'Every byte was sent, but Storage did not respond in time.',
    hint: 'The object is checked automatically. If it happens often, raise UPLOAD_ANSWER_SECONDS.',
  },
  upload_away: {
    retry: 'backoff',
    meaning: 'Storage does not know the partial upload, though it has not expired: what keeps it may be unreachable.',
    hint: "Asked again automatically. If it lasts, check the server behind Storage (S3) and Storage's log.",
  },
  upload_conflict: {
    retry: 'locked',
    meaning: 'Storage holds a different number of bytes than expected.',
    hint: 'Nothing to do: the upload asks Storage for its offset and resumes there.',
  },
  upload_connect_timeout: {
    retry: 'backoff',
    meaning: 'No connection was made within UPLOAD_CONNECT_SECONDS.',
    hint: 'Check SUPABASE_URL, the network and the firewalls in between.',
  },
  upload_expired: {
    retry: 'backoff',
    meaning: 'Storage deleted the partial upload because it expired.',
    hint: 'The upload restarts automatically. Self-hosted: raise TUS_URL_EXPIRY_MS.',
  },
  upload_expires_early: {
    retry: 'never',
    meaning: 'Storage deleted the partial upload twice before all of it could be sent.',
    hint: 'Raise TUS_URL_EXPIRY_MS on the Storage server to 86400000 (a day), or use a faster connection.',
  },
  upload_interrupted: {
    retry: 'ambiguous',
    meaning: 'The connection broke during the upload.',
    hint: 'Resumes automatically. If it happens often, check the network between this machine and Storage.',
  },
  upload_locked: {
    retry: 'locked',
    meaning: 'Another request holds the lock on the partial upload.',
    hint: 'The lock is usually released within seconds. Otherwise another process is uploading the same file.',
  },
  upload_mismatch: {
    retry: 'backoff',
    meaning: 'The stored object differs from what was sent.',
    hint: 'The object is removed and uploaded again automatically.',
  },
  upload_stalled: {
    retry: 'backoff',
    meaning: 'No byte was accepted for UPLOAD_STALL_SECONDS.',
    hint: 'Resumes automatically. Check the network between this machine and Storage.',
  },
  upload_timeout: {
    retry: 'backoff',
    meaning: 'One request took longer than UPLOAD_TIMEOUT_SECONDS.',
    hint: 'Resumes automatically. Raise UPLOAD_TIMEOUT_SECONDS for slow links.',
  },
  upload_untrusted: {
    retry: 'backoff',
    meaning: 'Storage lost bytes that it had acknowledged.',
    hint: 'Nothing to do: the partial upload is discarded and the upload restarts automatically.',
  },
  video_missing: {
    retry: 'never',
    meaning: 'No video has that id.',
    hint: 'Check the id; `media enqueue` prints it.',
    user: 'There is no such video.',
  },
  work_dir_unusable: {
    retry: 'never',
    meaning: 'WORK_DIR cannot be used.',
    hint: 'Point WORK_DIR at a folder that this user may write to.',
  },
} as const satisfies Record<string, ErrorPolicy>;

export type ErrorCode = keyof typeof ERRORS;

/** Options of {@link MediaError}. */
export interface MediaErrorOptions {
  readonly code: ErrorCode;
  /** Of a code that is not in the table; see {@link errorsOf}. */
  readonly policy?: ErrorPolicy;
  /** What happened, for operators, with the numbers and without secrets. One sentence. */
  readonly message: string;
  /** What users are told instead of the table's words: ours, with nothing in it but numbers and names of theirs. */
  readonly forUser?: string;
  /** Replaces the table's hint where the thrower knows more. */
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
  /** For whatever users of the app read. The message is for logs: it may name paths, programs, constraints and hosts. */
  readonly forUser: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(options: MediaErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'MediaError';
    this.code = options.code;
    const { retry, hint, user = FOR_USERS }: ErrorPolicy = options.policy ?? ERRORS[options.code];
    this.retry = retry;
    this.hint = options.hint ?? hint;
    this.forUser = options.forUser ?? user;
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

/** How it looks when Storage is away: restarting, overloaded, or out of reach. Nothing that was asked of it is at fault. */
export const STORAGE_OUTAGES = [
  'gateway_failed',
  'storage_busy',
  'storage_unreachable',
  'upload_away',
  'upload_connect_timeout',
] as const satisfies readonly ErrorCode[];

/**
 * Whether an error is one of {@link STORAGE_OUTAGES}, or a question whose connection broke, as behind a load balancer
 * without servers: a request without a body costs nothing to repeat.
 */
export const isStorageOutage = (error: MediaError): boolean =>
  STORAGE_OUTAGES.some((code) => code === error.code) ||
  (error.code === 'upload_interrupted' && error.details.bodyBytes === 0);

/**
 * So Storage is out of order. `away`: it cannot be asked. `failing`: it answers, with a 5xx of its own, as while the disk
 * or the S3 server behind it is away; what it was asked for may be at fault, too.
 */
export type StorageOutage = 'away' | 'failing';

/** Further attempts in a row during each outage. */
export type OutageRetries = Readonly<Record<StorageOutage, number>>;

/** What an error says of Storage; undefined where it says nothing of an outage. */
export function storageOutageOf(error: MediaError): StorageOutage | undefined {
  if (isStorageOutage(error)) return 'away';
  return error.code === 'storage_failed' && Number(error.details.httpStatus) >= 500 ? 'failing' : undefined;
}

/** Whether a retry can help. */
export const isRetryable = (error: MediaError): boolean => error.retry !== 'never';

/** Error numbers of system calls (errno) that map to a row of the table. */
const ERRNO_CODES: Readonly<Record<string, ErrorCode>> = { ENOSPC: 'disk_full', EDQUOT: 'disk_full' };

/** Turns anything thrown into a {@link MediaError}; a MediaError is returned unchanged. */
export function toMediaError(thrown: unknown): MediaError {
  if (thrown instanceof MediaError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const errno = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return new MediaError({ code: ERRNO_CODES[errno] ?? 'unexpected', message, cause: thrown });
}
