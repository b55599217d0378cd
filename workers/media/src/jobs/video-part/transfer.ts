/** Parts to Storage and back; each is checked by its content. */
import { downloadFile } from '@supabase-media/storage/download';
import { sha256OfFile } from '@supabase-media/storage/file-checksum';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { openSourceFile } from '@supabase-media/storage/source-file';
import { uploadFile } from '@supabase-media/storage/uploader';
import type { WorkerServices } from '../worker-job-type.ts';
import { partError } from './errors.ts';
import { PART_TYPE } from './part-keys.ts';

type Services = Pick<WorkerServices, 'config' | 'storage'>;

export interface StoredPart {
  /** Its key in the bucket of results. */
  readonly path: string;
  readonly file: string;
  readonly signal: AbortSignal;
}

/** @throws {MediaError} what the uploader throws. */
export async function sendPart({ config, storage }: Services, { path, file, signal }: StoredPart): Promise<void> {
  await uploadFile({
    connection: storage,
    policy: config.upload,
    resumeStore: openResumeStore(config.upload.stateDir),
    file,
    bucket: config.resultBucket,
    path,
    contentType: PART_TYPE,
    // What is there came from an earlier run of the same job.
    upsert: true,
    signal,
  });
}

/** @throws {MediaError} `part_changed`, or as `downloadFile`. */
export async function fetchPart(
  { config, storage }: Services,
  { path, file, signal, sha256 }: StoredPart & { readonly sha256: string },
): Promise<void> {
  await downloadFile({
    connection: storage,
    bucket: config.resultBucket,
    path,
    file,
    timeouts: config.upload,
    maxRetries: config.upload.maxRetries,
    signal,
  });
  if ((await sha256OfFile(await openSourceFile(file), signal)) !== sha256)
    throw partError({ code: 'part_changed', message: `${path} has another content.` });
}
