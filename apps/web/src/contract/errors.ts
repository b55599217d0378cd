/**
 * Every refusal of the API, in one table. The place that refuses adds what happened, with the numbers; the row says
 * which HTTP status it has and what the person at the screen can do.
 */

/** One row of {@link API_ERRORS}. */
export interface ApiErrorPolicy {
  readonly httpStatus: number;
  /** What it means, in one sentence, whatever the occasion. */
  readonly meaning: string;
  /** What the person can do next, in one sentence. */
  readonly action: string;
}

export const API_ERRORS = {
  anonymous_refused: {
    httpStatus: 403,
    meaning: 'The sign-in is an anonymous one, and this server takes none of those.',
    action: 'Sign in with an account, or ask the operator to allow anonymous users.',
  },
  auth_unavailable: {
    httpStatus: 503,
    meaning: 'The keys that prove sign-ins could not be fetched.',
    action: 'Try again in a few seconds; what was uploaded is kept.',
  },
  content_refused: {
    httpStatus: 415,
    meaning: 'The uploaded bytes are no video, whatever their name and declared type say.',
    action: 'Choose a video file; this one was removed.',
  },
  digest_mismatch: {
    httpStatus: 422,
    meaning: 'The stored bytes are not those of the file, by the MD5 or SHA-256 that the client told.',
    action: 'Upload the file again; what had arrived was removed.',
  },
  file_too_large: {
    httpStatus: 413,
    meaning: 'The file is larger than the smallest of the limits that hold for it.',
    action: 'Choose a smaller file, or ask the operator to raise the limit named above.',
  },
  internal: {
    httpStatus: 500,
    meaning: 'The server met something that nobody foresaw.',
    action: 'Try again in a minute; if it stays, tell the operator the time and the request id.',
  },
  invalid_request: {
    httpStatus: 400,
    meaning: 'The request does not have the form that the API documents.',
    action: 'Correct the request; /api/openapi.json describes each of them.',
  },
  name_refused: {
    httpStatus: 422,
    meaning: 'The name has control characters or none that can be shown, or the name of a file has a path.',
    action: 'Give it a plain name, such as holiday.mp4, and try again.',
  },
  not_found: {
    httpStatus: 404,
    meaning: 'There is nothing at this address.',
    action: 'Correct the address; /api/openapi.json lists them all.',
  },
  queue_unavailable: {
    httpStatus: 503,
    meaning: 'The queue of the media workers did not answer.',
    action: 'Try again in a few seconds; what was uploaded is kept.',
  },
  rate_limited: {
    httpStatus: 429,
    meaning: 'More requests came from this user than are taken in a minute.',
    action: 'Wait as long as Retry-After says, then try again.',
  },
  relay_busy: {
    httpStatus: 429,
    meaning: 'This server passes on as many uploads, in all or of this user, as it is set to.',
    action: 'Wait as long as Retry-After says, then go on from the confirmed offset.',
  },
  relay_refused: {
    httpStatus: 409,
    meaning: 'What was asked of the relay does not fit the upload session.',
    action: 'Send the length, offset and address that the session and its last answer named.',
  },
  relay_too_slow: {
    httpStatus: 408,
    meaning: 'The client sent fewer bytes a second than a place in the relay is kept for.',
    action: 'Go on from the confirmed offset over a better connection.',
  },
  session_ended: {
    httpStatus: 409,
    meaning: 'The upload session has ended: completed, canceled or abandoned.',
    action: 'Start a new upload.',
  },
  session_expired: {
    httpStatus: 410,
    meaning: 'The upload session is older than a session lives.',
    action: 'Start a new upload.',
  },
  session_not_found: {
    httpStatus: 404,
    meaning: 'This user has no upload session with that id.',
    action: 'Start a new upload, or sign in as the user who began this one.',
  },
  size_refused: {
    httpStatus: 422,
    meaning: 'The announced size is none that a video can have, or the stored object has another.',
    action: 'Choose a file that is not empty and does not change while it is sent.',
  },
  storage_unavailable: {
    httpStatus: 503,
    meaning: 'Storage did not answer, or not as it should.',
    action: 'Try again in a few seconds; what was uploaded is kept.',
  },
  database_unavailable: {
    httpStatus: 503,
    meaning: 'The database API did not answer, or not as it should.',
    action: 'Try again in a few seconds; what was uploaded is kept.',
  },
  token_expired: {
    httpStatus: 401,
    meaning: 'The sign-in of the request has run out.',
    action: 'Sign in again (or refresh the session) and repeat the request.',
  },
  too_many_listeners: {
    httpStatus: 429,
    meaning: 'As many listeners follow videos as this server, or this user, may have.',
    action: 'Close another page that follows videos, or ask for the video itself every few seconds.',
  },
  too_many_queued: {
    httpStatus: 429,
    meaning: 'As many videos of this user wait or are processed as a user may have.',
    action:
      'Wait until one of them is done, then try again; what was uploaded is kept, and enqueued when there is room.',
  },
  too_many_sessions: {
    httpStatus: 429,
    meaning: 'The user has as many open upload sessions as a user may have.',
    action: 'Finish or cancel one of the open uploads, then try again.',
  },
  type_refused: {
    httpStatus: 415,
    meaning: 'The declared type or the extension is none of a video.',
    action: 'Choose a video file, such as .mp4, .mov, .mkv or .webm.',
  },
  unauthorized: {
    httpStatus: 401,
    meaning: 'The request carries no sign-in that this project issued.',
    action: 'Sign in and repeat the request with "Authorization: Bearer <access token>".',
  },
  upload_incomplete: {
    httpStatus: 409,
    meaning: 'Bytes of the file are still missing in Storage.',
    action: 'Send the rest from the confirmed offset, then complete again.',
  },
  video_busy: {
    httpStatus: 409,
    meaning: 'The video is in a state in which this cannot be done.',
    action: 'Wait until the video has come to its end, or cancel it first.',
  },
  video_rejected: {
    httpStatus: 409,
    meaning: 'The video was rejected for what its file is, and the same file would be rejected again.',
    action: 'Upload a corrected file as a new video.',
  },
  video_not_found: {
    httpStatus: 404,
    meaning: 'This user has no video with that id.',
    action: 'Look at the list of videos, or sign in as the user it belongs to.',
  },
} as const satisfies Record<string, ApiErrorPolicy>;

/** A stable code; clients may switch on it. */
export type ApiErrorCode = keyof typeof API_ERRORS;
