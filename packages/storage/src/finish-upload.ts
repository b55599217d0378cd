/**
 * What follows the last byte: the file is checked for changes, the object is proved, the unfinished upload forgotten.
 * Small requests are retried here, because no answer to them is a reason to send the file again.
 */
import { MediaError } from '@supabase-media/core/errors';
import type { EtagKind, VerifyPolicy } from '@supabase-media/upload-protocol/decide-proof';
import type { SentBody } from '@supabase-media/upload-protocol/multipart-etag';
import { type Ask, type ExpectedObject, removeOurs } from './expected-object.ts';
import { proveUpload } from './prove-upload.ts';
import { assertUnchanged } from './source-file.ts';
import type { UploadAttempt } from './upload-attempt.ts';
import type { ResumableUpload } from './upload-resumable.ts';

export interface FinishUploadOptions {
  readonly attempt: UploadAttempt;
  readonly expected: ExpectedObject;
  readonly sent: SentBody;
  readonly verify: VerifyPolicy;
  /** Of the file; taken beside the sending. */
  readonly fileEtags: Promise<readonly string[]>;
  readonly hostEtags: EtagKind | undefined;
  readonly resumable: ResumableUpload;
  readonly maxRetries: number;
  /** Asks until there is an answer, as often as the policy allows. */
  readonly ask: Ask;
  /** For a question that tries again itself. */
  readonly askOnce: Ask;
}

/**
 * Ends an upload that Storage said it has.
 *
 * @returns as {@link proveUpload}.
 * @throws {MediaError} `upload_mismatch`; `file_changed`; where Storage could not be asked, what kept it, and then the
 * unfinished upload is still known: the next run asks again and sends nothing.
 */
export async function finishUpload(options: FinishUploadOptions): ReturnType<typeof proveUpload> {
  const { attempt, expected, sent, verify, hostEtags, resumable, maxRetries, ask, askOnce } = options;
  const { file, timeouts } = attempt;
  try {
    await assertUnchanged(file);
    const fileEtags = await options.fileEtags;
    const proved = await proveUpload({
      expected,
      file,
      sent,
      policy: verify,
      fileEtags,
      hostEtags,
      timeouts,
      maxRetries,
      ask,
      askOnce,
    });
    await resumable.forget(attempt);
    return proved;
  } catch (error) {
    const code = error instanceof MediaError ? error.code : undefined;
    // Made while its file was written to, it is neither version of it, and would be in the way of the next try.
    if (code === 'file_changed') await removeOurs(expected, ask).catch(() => {});
    if (code === 'file_changed' || code === 'upload_mismatch') await resumable.forget(attempt);
    throw error;
  }
}
