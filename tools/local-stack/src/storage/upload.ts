/**
 * The one way in which bytes become an object, for uploads in one request. All that can be refused is refused before the
 * body is read; nothing can be seen before it is complete; what it replaces stays until then.
 */
import { randomUUID } from 'node:crypto';
import { findBucket } from './buckets-table.ts';
import type { Caller } from './caller.ts';
import { completeUpload } from './complete-upload.ts';
import type { Exchange } from './exchange.ts';
import { checkMimeType, isMediaType, singleRequestLimit } from './limits.ts';
import { checkNewObjectName, isFolderPlaceholder } from './names.ts';
import { writeObject } from './objects-table.ts';
import type { StorageService } from './service.ts';
import { REFUSALS } from './storage-error.ts';
import { openUploadBody } from './upload-body.ts';

export interface UploadTarget {
  readonly bucket: string;
  readonly name: string;
  readonly upsert: boolean;
  readonly owner: string | undefined;
  /** Whose rights are asked; undefined when a signed URL has settled that. */
  readonly caller: Caller | undefined;
}

/**
 * Takes the request's body in as the object.
 * @returns the object's id
 * @throws StorageError by limits, MIME list, name, duplicate or policy; Error when the client goes away
 */
export async function receiveUpload(
  service: StorageService,
  exchange: Exchange,
  target: UploadTarget,
): Promise<{ id: string }> {
  const { request } = exchange;
  const bucket = await service.database.asStorage((transaction) => findBucket(transaction, target.bucket));
  const limit = singleRequestLimit(service.limits, bucket, target.name);
  const body = await openUploadBody(request, limit);
  if (!isFolderPlaceholder(target.name)) checkMimeType(body.mimeType, bucket.allowedMimeTypes);
  if (body.declaredSize !== undefined && body.declaredSize > limit) throw REFUSALS.tooLarge();
  checkNewObjectName(target.bucket, target.name);
  await checkUploadRight(service, target, {
    mimetype: body.mimeType,
    ...(body.declaredSize !== undefined && { contentLength: body.declaredSize }),
  });

  const version = randomUUID();
  const received = await service.blobs.receive(version, body.source, service.store.createBodyDigest());
  try {
    if (body.isTruncated()) throw REFUSALS.tooLarge();
    await service.blobs.keep(version);
    return await completeUpload(service, {
      ...target,
      version,
      size: received.size,
      eTag: received.eTag,
      mimeType: body.mimeType,
      cacheControl: body.cacheControl,
      userMetadata: body.userMetadata,
    });
  } catch (error) {
    await service.blobs.remove(version);
    throw error;
  }
}

/**
 * Writes the row as the caller and takes it back: the database says no as it would at the end.
 * @throws StorageError KeyAlreadyExists, NoSuchBucket, AccessDenied
 */
export async function checkUploadRight(
  service: StorageService,
  target: UploadTarget,
  metadata: { mimetype?: string; contentLength?: number },
): Promise<void> {
  const object = { ...target, version: '1', metadata, userMetadata: undefined };
  if (target.caller) {
    await service.database.testAsCaller(target.caller, 'object.upload', (transaction) =>
      writeObject(transaction, object, target.upsert),
    );
  } else {
    await service.database.testAsStorage((transaction) => writeObject(transaction, object, target.upsert));
  }
}

/**
 * What the HTTP framework of the real server refuses before any other check.
 * @throws StorageError for a Content-Type that is no media type
 */
export function checkContentTypeHeader(exchange: Exchange): void {
  const type = exchange.request.headers['content-type'];
  if (type !== undefined && !isMediaType(type)) throw REFUSALS.badContentType();
}
