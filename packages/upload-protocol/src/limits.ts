/** Numbers that both sides of the wire know. No imports: a browser may load it as it is. */

/** Below it a file is sent by one signed PUT, from it on by a resumable upload: the size of one part of Storage's S3. */
export const SINGLE_BELOW_BYTES = 6 * 1024 * 1024;

/** What hosted Supabase demands of every chunk but the last (Storage documentation, "Resumable uploads"). */
export const HOSTED_CHUNK_BYTES = 6 * 1024 * 1024;

/** How long a session can be taken up again, in seconds: as long as hosted Storage keeps a partial upload. */
export const SESSION_SECONDS = 24 * 60 * 60;

/** How many of a user's own sessions or videos one answer lists. */
export const LIST_MAX = 50;
