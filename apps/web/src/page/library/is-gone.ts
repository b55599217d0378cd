import { UploadError } from '@supabase-media/uploader/errors';

/** Whether the error means that the user has no such video. */
export const isGone = (error: unknown): boolean => error instanceof UploadError && error.code === 'not_found';
