/** Sizes and times that more than one part of the product decides by, each written here and nowhere else. */

const MIB = 1024 * 1024;

/** The largest video, 2 GiB: `file_size_limit` of the buckets in supabase/migrations and of supabase/config.toml. */
export const MAX_VIDEO_BYTES = 2 * 1024 * MIB;

/** Below it a worker sends a file through the Supabase client, unless configured: a break costs no more than that. */
export const DIRECT_BELOW_BYTES = 100_000_000;

/**
 * Below it a file is one request: a break costs no more than one part of a resumable upload would. It is also the part
 * size of Storage's S3 backend.
 */
export const SINGLE_BELOW_BYTES = 6 * MIB;

/** What hosted Supabase documents for every chunk but the last (Storage documentation, "Resumable uploads"), and every Storage takes. */
export const HOSTED_CHUNK_BYTES = 6 * MIB;

/** How long an upload session can be resumed, in seconds: as long as hosted Storage keeps a partial upload. */
export const SESSION_SECONDS = 24 * 60 * 60;

/** The most sessions or videos of a user that one answer lists. */
export const LIST_MAX = 50;

/** Hosts of hosted Supabase. */
export const isHosted = (hostname: string): boolean => /(^|\.)supabase\.(co|in)$/.test(hostname);
