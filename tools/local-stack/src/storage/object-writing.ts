/** POST, PUT and DELETE of objects, moving and copying them. */
import { randomUUID } from 'node:crypto';
import { findBucket } from './buckets-table.ts';
import { readCaller } from './caller.ts';
import { completeUpload } from './complete-upload.ts';
import { type Exchange, readJson, sendJson, splitObjectPath } from './exchange.ts';
import { checkNewObjectName } from './names.ts';
import { deleteObjects, getObject, lockObjectName } from './objects-table.ts';
import type { StorageService } from './service.ts';
import { REFUSALS, refuseAccess, refuseRequest } from './storage-error.ts';
import { checkContentTypeHeader, checkUploadRight, receiveUpload } from './upload.ts';
import { readMetadataHeader } from './upload-body.ts';

/** POST (new, or `x-upsert: true`) and PUT (always upsert) `/object/{bucket}/{name}` */
export async function uploadRoute(service: StorageService, exchange: Exchange, path: readonly string[]): Promise<void> {
  checkContentTypeHeader(exchange);
  const { request } = exchange;
  const caller = await readCaller(request, service.verify);
  const { bucket, name } = splitObjectPath(path);
  const upsert = request.method === 'PUT' || request.headers['x-upsert'] === 'true';
  const { id } = await receiveUpload(service, exchange, { bucket, name, upsert, owner: caller.owner, caller });
  sendJson(exchange, { Key: `${bucket}/${name}`, Id: id });
}

/** DELETE `/object/{bucket}/{name}` */
export async function deleteObjectRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const { bucket, name } = splitObjectPath(path);
  await service.database.asStorage((transaction) => getObject(transaction, bucket, name));
  const [deleted] = await service.database.asCaller(caller, 'object.delete', async (transaction) => {
    const rows = await deleteObjects(transaction, bucket, [name]);
    if (service.store.isAway) throw REFUSALS.internal();
    return rows;
  });
  if (!deleted) throw refuseAccess('Access denied');
  await service.blobs.remove(deleted.version);
  sendJson(exchange, { message: 'Successfully deleted' });
}

/** DELETE `/object/{bucket}` with `{"prefixes": [name, …]}`; answers with what was deleted. */
export async function deleteObjectsRoute(service: StorageService, exchange: Exchange, bucket: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const { prefixes } = await readJson(exchange.request);
  if (!Array.isArray(prefixes) || prefixes.length === 0) {
    throw refuseRequest("body must have required property 'prefixes'");
  }
  const deleted = await service.database.asCaller(caller, 'object.delete_many', async (transaction) => {
    const rows = await deleteObjects(transaction, bucket, prefixes.map(String));
    service.store.reach();
    return rows;
  });
  for (const object of deleted) await service.blobs.remove(object.version);
  sendJson(exchange, deleted);
}

/** POST `/object/copy` with `{bucketId, sourceKey, destinationBucket?, destinationKey}` */
export async function copyObjectRoute(service: StorageService, exchange: Exchange): Promise<void> {
  const { request } = exchange;
  const caller = await readCaller(request, service.verify);
  const { from, to, body } = await readTransfer(exchange);
  checkNewObjectName(to.bucket, to.name);
  const source = await service.database.asCaller(caller, 'object.copy', (transaction) =>
    getObject(transaction, from.bucket, from.name),
  );
  const upsert = request.headers['x-upsert'] === 'true';
  const target = { ...to, owner: caller.owner, caller, upsert };
  await checkUploadRight(service, target, source.metadata);
  const version = randomUUID();
  service.store.reach();
  await service.blobs.copy(source.version, version);
  const { id } = await completeUpload(service, {
    ...target,
    version,
    size: source.metadata.size,
    eTag: source.metadata.eTag.replaceAll('"', ''),
    mimeType: source.metadata.mimetype,
    cacheControl: source.metadata.cacheControl,
    userMetadata: (body.copyMetadata === false ? readMetadataHeader(request) : source.user_metadata) ?? undefined,
  }).catch(async (error: unknown) => {
    await service.blobs.remove(version);
    throw error;
  });
  sendJson(exchange, { Id: id, Key: `${to.bucket}/${to.name}`, id, name: to.name, bucket_id: to.bucket });
}

/** POST `/object/move`, the same body; the bytes stay where they are, only the row changes. */
export async function moveObjectRoute(service: StorageService, exchange: Exchange): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const { from, to } = await readTransfer(exchange);
  checkNewObjectName(to.bucket, to.name);
  await service.database.asStorage((transaction) => findBucket(transaction, to.bucket));
  const id = await service.database.asCaller(caller, 'object.move', async (transaction) => {
    await lockObjectName(transaction, to.bucket, to.name);
    const source = await getObject(transaction, from.bucket, from.name);
    const { rowCount } = await transaction.query(
      `update storage.objects set bucket_id = $2, name = $3, owner_id = $4, updated_at = now() where id = $1`,
      [source.id, to.bucket, to.name, caller.owner ?? source.owner_id],
    );
    if (rowCount === 0) throw REFUSALS.noObject();
    service.store.reach();
    return source.id;
  });
  sendJson(exchange, { message: 'Successfully moved', Id: id, Key: to.name });
}

interface Place {
  readonly bucket: string;
  readonly name: string;
}

async function readTransfer(exchange: Exchange): Promise<{ from: Place; to: Place; body: Record<string, unknown> }> {
  const body = await readJson(exchange.request);
  for (const property of ['bucketId', 'sourceKey', 'destinationKey']) {
    if (typeof body[property] !== 'string') throw refuseRequest(`body must have required property '${property}'`);
  }
  const bucket = String(body.bucketId);
  return {
    from: { bucket, name: String(body.sourceKey) },
    to: { bucket: String(body.destinationBucket ?? bucket), name: String(body.destinationKey) },
    body,
  };
}
