/**
 * What can go wrong for the person who uploads, in one table. Programs switch on the code; people read the message and
 * the action.
 */

/** Who tries again: the client automatically, the person by a click, or nobody, because it would end the same way. */
export type RetryBy = 'client' | 'person' | 'nobody';

/** One row of {@link UPLOAD_ERRORS}. */
export interface UploadErrorPolicy {
  readonly retryBy: RetryBy;
  /** What happened, where the server has no better words. */
  readonly message: string;
  /** What the person can do. */
  readonly action: string;
}

export const UPLOAD_ERRORS = {
  bad_name: {
    retryBy: 'nobody',
    message: 'The file name cannot be used.',
    action: 'Give the file a plain name, such as holiday.mp4, and choose it again.',
  },
  bad_size: {
    retryBy: 'nobody',
    message: 'The file is empty or changed while it was sent.',
    action: 'Look whether the file plays, then choose it again.',
  },
  canceled: { retryBy: 'person', message: 'The upload was canceled.', action: 'Start it again if you need it.' },
  digest_mismatch: {
    retryBy: 'person',
    message: 'What arrived differs from the file.',
    action: 'Upload the file again.',
  },
  failed: {
    retryBy: 'person',
    message: 'The server answered with something unexpected.',
    action: 'Try again in a minute; if it stays, tell the people who run this site.',
  },
  file_unreadable: {
    retryBy: 'nobody',
    message: 'The file can no longer be read. It was moved, deleted or changed.',
    action: 'Choose the file again.',
  },
  gateway_limit: {
    retryBy: 'nobody',
    message: 'A gateway refuses even small parts of the file.',
    action: 'Try another network, or tell the people who run this site.',
  },
  not_allowed: {
    retryBy: 'nobody',
    message: 'You may not upload this file here.',
    action: 'Sign in with an account that may, or ask the people who run this site.',
  },
  not_found: { retryBy: 'nobody', message: 'It is not there any more.', action: 'Load the page again.' },
  offline: {
    retryBy: 'client',
    message: 'There is no connection to the server.',
    action: 'Check your connection; what has arrived is kept.',
  },
  refused_content: {
    retryBy: 'nobody',
    message: 'The file is no video, whatever its name says.',
    action: 'Choose a video file.',
  },
  sent_elsewhere: {
    retryBy: 'person',
    message: 'This file is being uploaded in another window.',
    action: 'Look there, or wait until it is done.',
  },
  server_busy: {
    retryBy: 'client',
    message: 'The server is busy.',
    action: 'Try again in a minute; what has arrived is kept.',
  },
  session_ended: {
    retryBy: 'person',
    message: 'The upload was ended in another window.',
    action: 'Start the upload again.',
  },
  session_expired: {
    retryBy: 'person',
    message: 'The upload began too long ago to be resumed.',
    action: 'Start the upload again.',
  },
  signed_out: {
    retryBy: 'person',
    message: 'You are signed out.',
    action: 'Sign in to resume; what has arrived is kept.',
  },
  stopped: {
    retryBy: 'person',
    message: 'The upload was stopped; what has arrived is kept.',
    action: 'Start it again to resume.',
  },
  timed_out: {
    retryBy: 'client',
    message: 'No data is getting through.',
    action: 'Check your connection and try again; what has arrived is kept.',
  },
  too_large: { retryBy: 'nobody', message: 'The file is too large.', action: 'Choose a smaller file.' },
  too_many_uploads: {
    retryBy: 'person',
    message: 'You have too many unfinished uploads.',
    action: 'Finish or cancel one of them, then try again.',
  },
  too_many_videos: {
    retryBy: 'person',
    message: 'You have as many videos in the queue as you may have.',
    action: 'Wait until one of them is done; what has arrived is kept.',
  },
  video_busy: {
    retryBy: 'person',
    message: 'The video is in a state in which this cannot be done.',
    action: 'Wait until it is ready, or cancel it first.',
  },
  wrong_type: {
    retryBy: 'nobody',
    message: 'Files of this type are not taken.',
    action: 'Choose a video file, such as .mp4, .mov, .mkv or .webm.',
  },
} as const satisfies Record<string, UploadErrorPolicy>;

/** A stable code; programs may switch on it. */
export type UploadErrorCode = keyof typeof UPLOAD_ERRORS;

export interface UploadErrorOptions {
  readonly code: UploadErrorCode;
  /** Left out: the words of the table. */
  readonly message?: string | undefined;
  readonly action?: string | undefined;
  readonly cause?: unknown;
  /** Numbers and names of the case, as the API gave them. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The API's own code, where the API refused. */
  readonly apiCode?: string | undefined;
  /** How long the server wants to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Everything that the client throws. */
export class UploadError extends Error {
  readonly code: UploadErrorCode;
  /** What the person can do, in one sentence. */
  readonly action: string;
  readonly retryBy: RetryBy;
  readonly details: Readonly<Record<string, unknown>>;
  readonly apiCode: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(options: UploadErrorOptions) {
    const policy: UploadErrorPolicy = UPLOAD_ERRORS[options.code];
    super(options.message ?? policy.message, { cause: options.cause });
    this.name = 'UploadError';
    this.code = options.code;
    this.action = options.action ?? policy.action;
    this.retryBy = policy.retryBy;
    this.details = options.details ?? {};
    this.apiCode = options.apiCode;
    this.retryAfterMs = options.retryAfterMs;
  }
}
