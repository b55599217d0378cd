import { UploadError } from '@supabase-media/uploader/errors';

/** There is no such video of this user (any more). */
export const isGone = (error: unknown): boolean => error instanceof UploadError && error.code === 'not_found';
