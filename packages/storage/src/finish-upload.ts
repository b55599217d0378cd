/**
 * What follows the last byte: the file is checked for changes, the object is verified, the unfinished upload
 * forgotten. Small requests are retried here, because no answer to them is a reason to send the file again.
 */
import { MediaError } from '@supabase-media/core/errors';
import { readObjectInfo } from './object-info.ts';
import { assertUnchanged } from './source-file.ts';
import type { UploadAttempt } from './upload-attempt.ts';
import type { ResumableUpload } from './upload-resumable.ts';
import { type ExpectedObject, type FileDigests, removeObject, verifyUpload } from './verify-upload.ts';

export interface FinishUploadOptions {
  readonly attempt: UploadAttempt;
  readonly expected: ExpectedObject;
  /** Of the file; taken beside the sending. */
  readonly digests: Promise<FileDigests>;
  readonly resumable: ResumableUpload;
  /** Asks until there is an answer, as often as the policy allows. */
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>;
}

/**
 * Ends an upload that Storage said it has.
 *
 * @throws {MediaError} `upload_mismatch`; `file_changed`; where Storage could not be asked, what kept it, and then the
 * unfinished upload is still known: the next run asks again and sends nothing.
 */
export async function finishUpload(options: FinishUploadOptions): Promise<void> {
  const { attempt, expected, resumable, ask } = options;
  const look = () => ask(() => readObjectInfo(expected.connection, expected, expected.signal));
  try {
    await assertUnchanged(attempt.file);
    await verifyUpload(expected, await options.digests, await look());
  } catch (error) {
    const code = error instanceof MediaError ? error.code : undefined;
    if (code === 'file_changed') await removeMixture(options, look).catch(() => {});
    if (code === 'file_changed' || code === 'upload_mismatch') await resumable.forget(attempt);
    throw error;
  }
  await resumable.forget(attempt);
}

/** An object made while its file was written to is neither version of it, and would be in the way of the next try. */
async function removeMixture({ expected, ask }: FinishUploadOptions, look: () => ReturnType<typeof readObjectInfo>) {
  const info = await look();
  if (info?.metadata.uploadId === expected.uploadId) await ask(() => removeObject(expected));
}
