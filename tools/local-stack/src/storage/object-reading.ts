/** GET, HEAD and info of an object: with a token, of a public bucket, or by a signed URL. */
import { findBucket } from './buckets-table.ts';
import { type Caller, readCaller } from './caller.ts';
import { type Exchange, sendJson, splitObjectPath } from './exchange.ts';
import { checkObjectName } from './names.ts';
import { getObject, type StoredObject } from './objects-table.ts';
import { sendObject, sendObjectHead } from './send-object.ts';
import type { StorageService } from './service.ts';
import { REFUSALS, refuseRequest } from './storage-error.ts';

/** How a route lets callers in. */
export type Access = 'token' | 'tokenOrPublic' | 'public';

/** GET and HEAD `/object/[authenticated|public/]{bucket}/{name}` */
export async function readObjectRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
  access: Access,
): Promise<void> {
  const object = await findReadable(service, exchange, path, access);
  if (exchange.request.method === 'HEAD') sendObjectHead(exchange, object);
  else await sendObject(service, exchange, object, { download: exchange.query.get('download') });
}

/** GET `/object/info/[authenticated|public/]{bucket}/{name}` */
export async function objectInfoRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
  access: Access,
): Promise<void> {
  const object = await findReadable(service, exchange, path, access);
  const { metadata } = object;
  exchange.response.setHeader('etag', metadata.eTag);
  sendJson(exchange, {
    id: object.id,
    name: object.name,
    version: object.version,
    bucket_id: object.bucket_id,
    size: metadata.size,
    content_type: metadata.mimetype,
    cache_control: metadata.cacheControl,
    etag: metadata.eTag,
    metadata: object.user_metadata,
    last_modified: object.updated_at,
    created_at: object.created_at,
  });
}

/** GET and HEAD `/object/sign/{bucket}/{name}?token=…` */
export async function readSignedObjectRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
): Promise<void> {
  const { bucket, name } = splitObjectPath(path);
  const token = exchange.query.get('token');
  if (token === null) throw refuseRequest("querystring must have required property 'token'");
  const grant = await service.signer.readDownload(token, `${bucket}/${name}`);
  const object = await service.database.asStorage((transaction) => getObject(transaction, bucket, name));
  await sendObject(service, exchange, object, {
    download: exchange.query.get('download'),
    expiresAt: grant.expiresAt,
  });
}

/** @throws StorageError NoSuchBucket, NoSuchKey (also for what policies hide), InvalidKey */
async function findReadable(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
  access: Access,
): Promise<StoredObject> {
  const { bucket: bucketId, name } = splitObjectPath(path);
  const caller = await readCallerFor(service, exchange, access);
  const bucket = await service.database.asStorage((transaction) => findBucket(transaction, bucketId));
  checkObjectName(name);
  if (bucket.public) return service.database.asStorage((transaction) => getObject(transaction, bucketId, name));
  // A private bucket is as good as missing for who shows no token, and on the public route for everybody.
  if (!caller) throw REFUSALS.noBucket();
  return service.database.asCaller(caller, 'object.get', (transaction) => getObject(transaction, bucketId, name));
}

async function readCallerFor(service: StorageService, exchange: Exchange, access: Access): Promise<Caller | undefined> {
  if (access === 'public') return undefined;
  const caller = readCaller(exchange.request, service.verify);
  return access === 'token' ? caller : caller.catch(() => undefined);
}
