import { UploadError } from '../../client/upload-error.ts';

/** There is no such video of this user (any more). */
export const isGone = (error: unknown): boolean => error instanceof UploadError && error.code === 'not_found';
