import { UploadError } from '@supabase-media/uploader/errors';

/** What an error says to a person. */
export const wordsOf = (error: unknown): string =>
  error instanceof UploadError ? `${error.message} ${error.action}` : 'That did not work. Try again.';
