/** The end of every upload, in one request or resumed: the row, in one transaction, and the replaced bytes dropped. */
import { findObject, getObject, lockObjectName, type UserMetadata, writeObject } from './objects-table.ts';
import type { StorageService } from './service.ts';

export interface CompletedUpload {
  readonly bucket: string;
  readonly name: string;
  readonly version: string;
  readonly owner: string | undefined;
  readonly size: number;
  /** Without quotes. */
  readonly eTag: string;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly userMetadata: UserMetadata | undefined;
}

/**
 * Makes the version, whose bytes are in place, the object of that name. Rights were checked when the upload began; of two
 * uploads that end at the same time the later one stays, as on the Storage server.
 */
export async function completeUpload(service: StorageService, upload: CompletedUpload): Promise<{ id: string }> {
  const { replaced, id } = await service.database.asStorage(async (transaction) => {
    await lockObjectName(transaction, upload.bucket, upload.name);
    const before = await findObject(transaction, upload.bucket, upload.name);
    const metadata = {
      eTag: `"${upload.eTag}"`,
      size: upload.size,
      mimetype: upload.mimeType,
      cacheControl: upload.cacheControl,
      lastModified: new Date().toISOString(),
      contentLength: upload.size,
      httpStatusCode: 200 as const,
    };
    await writeObject(transaction, { ...upload, metadata }, true);
    const after = await getObject(transaction, upload.bucket, upload.name);
    return { replaced: before?.version, id: after.id };
  });
  if (replaced !== undefined && replaced !== upload.version) await service.blobs.remove(replaced);
  return { id };
}
