/** Where the TUS library asks us: naming, rights, metadata, completion, URLs. */
import { randomUUID } from 'node:crypto';
import type { ServerOptions, Upload } from '@tus/server';
import { findBucket } from './buckets-table.ts';
import { completeUpload } from './complete-upload.ts';
import { checkMimeType } from './limits.ts';
import { checkBucketName, checkNewObjectName } from './names.ts';
import { decodeResumableId } from './resumable-id.ts';
import { bodyWithoutCopies, type ResumableRequest, requestOf } from './resumable-request.ts';
import type { UploadStore } from './resumable-store.ts';
import { makeResumableUrl, readResumableId } from './resumable-url.ts';
import type { StorageService } from './service.ts';
import { refuseRequest, refuseSignature } from './storage-error.ts';
import { checkUploadRight } from './upload.ts';
import { parseUserMetadata } from './upload-body.ts';

type Hooks = Required<
  Pick<
    ServerOptions,
    | 'namingFunction'
    | 'generateUrl'
    | 'getFileIdFromRequest'
    | 'onIncomingRequest'
    | 'onUploadCreate'
    | 'onUploadFinish'
  >
>;

export function createResumableHooks(options: { service: StorageService; store: UploadStore; prefix: string }): Hooks {
  const { service, store, prefix } = options;
  return {
    /** The version is the upload's id; bucket and name travel in the URL. */
    namingFunction: (request, metadata) => {
      const known = requestOf(request);
      if (!metadata) throw refuseRequest('Metadata header is required');
      const bucket = metadata.bucketName ?? '';
      const name = metadata.objectName ?? '';
      checkBucketName(bucket);
      checkNewObjectName(bucket, name);
      known.target = { bucket, name, version: randomUUID() };
      return known.target.version;
    },

    generateUrl: (request, { proto, host }) => makeResumableUrl(request, { proto, host, prefix }),

    getFileIdFromRequest: (request) => {
      const segment = readResumableId(request);
      if (segment === undefined) return undefined;
      const known = requestOf(request);
      known.target = decodeResumableId(segment);
      return known.target.version;
    },

    onIncomingRequest: async (request, id) => {
      const known = requestOf(request);
      bodyWithoutCopies(request);
      if (known.signed) return readSignature(service, known, request.headers.get('x-signature'));
      if (request.method === 'HEAD' || request.method === 'OPTIONS') return;
      await checkResumableRight(service, store, known, request.method === 'POST' ? undefined : id);
    },

    onUploadCreate: async (request, upload) => {
      const { target } = requestOf(request);
      const metadata = { ...upload.metadata };
      const bucket = await service.database.asStorage((transaction) => findBucket(transaction, target?.bucket ?? ''));
      const { cacheControl } = metadata;
      metadata.cacheControl = /^-?\d+$/.test(cacheControl ?? '') ? `max-age=${cacheControl}` : 'no-cache';
      if (metadata.contentType) checkMimeType(metadata.contentType, bucket.allowedMimeTypes);
      return { metadata };
    },

    onUploadFinish: async (request, upload) => {
      await finishUpload(service, store, requestOf(request), upload);
      return { headers: { 'Tus-Complete': '1' } };
    },
  };
}

/** @throws StorageError InvalidSignature, InvalidJWT */
async function readSignature(
  service: StorageService,
  known: ResumableRequest,
  signature: string | null,
): Promise<void> {
  if (!signature) throw refuseSignature('Missing x-signature header');
  const grant = await service.signer.readUpload(signature, `${known.target?.bucket}/${known.target?.name}`);
  known.owner = grant.owner;
  known.upsert = grant.upsert;
}

/** Rights are asked anew at every request, so an object that appeared meanwhile is not overwritten without x-upsert. */
async function checkResumableRight(
  service: StorageService,
  store: UploadStore,
  known: ResumableRequest,
  id: string | undefined,
): Promise<void> {
  if (!known.target) throw refuseRequest('Metadata header is required');
  const upload = id === undefined ? undefined : await store.getUpload(id);
  const contentType = upload?.metadata?.contentType;
  await checkUploadRight(
    service,
    { ...known.target, upsert: known.upsert, owner: known.owner, caller: known.caller },
    {
      ...(contentType && { mimetype: contentType }),
      ...(upload?.size !== undefined && { contentLength: upload.size }),
    },
  );
}

async function finishUpload(
  service: StorageService,
  store: UploadStore,
  known: ResumableRequest,
  upload: Upload,
): Promise<void> {
  if (!known.target) throw refuseRequest('Invalid upload id');
  const { version } = known.target;
  const eTag = await store.eTagOf(upload);
  await service.blobs.adopt(version, store.pathOf(upload.id));
  try {
    await completeUpload(service, {
      ...known.target,
      owner: known.owner,
      size: upload.size ?? upload.offset,
      eTag,
      mimeType: upload.metadata?.contentType ?? 'application/octet-stream',
      cacheControl: upload.metadata?.cacheControl ?? 'no-cache',
      userMetadata: parseUserMetadata(upload.metadata?.metadata),
    });
  } catch (error) {
    await service.blobs.giveBack(version, store.pathOf(upload.id));
    throw error;
  }
  await store.finish(upload);
}
